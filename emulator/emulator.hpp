#pragma once

/// \file
/// A small AWS in the process: STS and a protected resource on a loopback port, for demonstrations, tests and
/// measurements without an account.
///
/// It checks the library, so it shares no code with it: its own Signature Version 4 verification, its own XML and its
/// own HTTP server. It judges what arrived byte for byte, and it can break a connection at any point; HTTP libraries
/// hide or mend both.
///
///     aws_refresh_session::emulator::Emulator emulator;
///     options.client.endpoint_url = emulator.endpoint_url();
///     options.role_arn = emulator.role_arn();

#include "emulator/fault.hpp"
#include "emulator/options.hpp"
#include "emulator/request_log.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session::emulator {

/// Serves from construction to destruction. Every member may be called from any thread at once.
///
/// On the wire:
/// - `POST /` or `GET /?...`: AssumeRole, GetCallerIdentity, GetSessionToken (STS query protocol 2011-06-15), signed
///   for service `sts`;
/// - `GET`, `HEAD`, `PUT /resource[/...]`: signed for `s3` or `execute-api`, in headers or as a presigned URL, with
///   temporary credentials that have not ended: 200, otherwise 403;
/// - `/_emulator/...`: see `Options::admin`.
class Emulator {
 public:
  /// Listens before it returns.
  /// \throws std::system_error if the port cannot be had; std::invalid_argument for options that make no sense
  explicit Emulator(Options options = {});
  /// Closes every connection, hanging ones included, and waits for its threads: some milliseconds.
  ~Emulator();

  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// `http://127.0.0.1:PORT`
  [[nodiscard]] std::string endpoint_url() const;
  /// `http://127.0.0.1:PORT/resource`
  [[nodiscard]] std::string resource_url() const;
  /// `arn:aws:iam::ACCOUNT:role/NAME`; the role need not exist.
  [[nodiscard]] std::string role_arn(std::string_view role = kDefaultRole) const;
  /// The variables that point an AWS client here, with the first user's keys.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const;

  /// Adds the role, or replaces the one of its name.
  /// \throws std::invalid_argument
  void set_role(const Role& role);
  void remove_role(std::string_view name);
  void add_user(const User& user);
  /// \throws std::invalid_argument for a seed that is none
  void add_mfa_device(const MfaDevice& device);
  /// The code an authenticator would show now, by the emulator's clock.
  /// \throws std::invalid_argument for an unknown device
  [[nodiscard]] std::string mfa_code(std::string_view serial_number) const;

  /// From now on these temporary credentials count as expired, whatever their Expiration said.
  /// \returns false if the emulator did not issue them
  bool expire(std::string_view access_key_id);
  /// The same for all that were issued so far.
  void expire_all();

  /// The service's clock is this much ahead of `Options::clock` from now on.
  /// \throws std::invalid_argument for more than ten years
  void set_clock_offset(std::chrono::milliseconds ahead);

  /// \throws std::invalid_argument for a probability outside 0-1, a negative delay, a delay or skew beyond ten years,
  ///   or a status that does not fit the kind
  FaultId add_fault(const Fault& fault);
  /// \returns false if it was used up or removed before
  bool remove_fault(FaultId id);
  void clear_faults();
  /// With `count` as it remains, in the order they were added.
  [[nodiscard]] std::vector<std::pair<FaultId, Fault>> active_faults() const;
  /// Lets every request that hangs now go on and be served.
  void release_hanging();

  /// A server that is down: connections are reset as soon as they are accepted, open ones at once.
  void set_down(bool down);

  /// How many requests of this action arrived, hanging ones included.
  [[nodiscard]] std::uint64_t arrived(Action action) const;
  /// Waits until `count` requests of this action arrived since the start.
  /// \returns false after `timeout` of real time
  [[nodiscard]] bool wait_for_arrivals(Action action, std::uint64_t count, std::chrono::milliseconds timeout) const;

  [[nodiscard]] Counters counters() const;
  void reset_counters();
  /// The newest entries, oldest first.
  [[nodiscard]] std::vector<LogEntry> log() const;
  /// Called for each request just before its answer is sent, on a thread of the emulator, without a lock. One at most;
  /// empty removes it. It may be called once more while this returns; it must not throw, and must not destroy the
  /// emulator.
  void on_request(std::function<void(const LogEntry&)> observer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aws_refresh_session::emulator
