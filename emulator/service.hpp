#pragma once

#include "emulator/account.hpp"
#include "emulator/authenticator.hpp"
#include "emulator/connection.hpp"
#include "emulator/fault_plan.hpp"
#include "emulator/mfa_devices.hpp"
#include "emulator/options.hpp"
#include "emulator/recorder.hpp"
#include "emulator/sts_service.hpp"
#include "emulator/waiting_room.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace aws_refresh_session::emulator {

/// All that happens between a request and its answer. Thread-safe.
class Service {
 public:
  /// \throws std::invalid_argument
  explicit Service(const Options& options);

  [[nodiscard]] Reply handle(const HttpRequest& request, const Peer& peer);

  /// The service's time: the clock's, and the offset.
  [[nodiscard]] TimePoint now() const;
  void set_clock_offset(std::chrono::milliseconds ahead) { offset_ = ahead.count(); }

  [[nodiscard]] Account& account() noexcept { return account_; }
  [[nodiscard]] const Account& account() const noexcept { return account_; }
  [[nodiscard]] MfaDevices& devices() noexcept { return devices_; }
  [[nodiscard]] FaultPlan& faults() noexcept { return faults_; }
  [[nodiscard]] Recorder& recorder() noexcept { return recorder_; }
  [[nodiscard]] WaitingRoom& waiting_room() noexcept { return waiting_room_; }

 private:
  struct Exchange;

  void respond(Exchange& exchange);
  void respond_as_usual(Exchange& exchange, CredentialsShape shape);
  [[nodiscard]] HttpResponse serve_sts(Exchange& exchange, CredentialsShape shape);
  [[nodiscard]] HttpResponse serve_resource(Exchange& exchange);
  [[nodiscard]] bool wait(const Exchange& exchange, const Peer& peer);

  /// Null: the machine's.
  std::shared_ptr<const Clock> clock_;
  std::atomic<std::chrono::milliseconds::rep> offset_{0};
  Account account_;
  MfaDevices devices_;
  Authenticator authenticator_;
  StsService sts_;
  FaultPlan faults_;
  Recorder recorder_;
  WaitingRoom waiting_room_;
};

}  // namespace aws_refresh_session::emulator
