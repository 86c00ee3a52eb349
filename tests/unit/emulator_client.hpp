#pragma once

/// \file
/// What the tests of the emulator talk to it with: a signer and an HTTP client of their own. Neither the emulator nor
/// the library has a part in it.

#include <aws_refresh_session/testing/fake_clock.hpp>

#include "emulator/emulator.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session::emulator::testing {

struct Keys {
  std::string access_key_id{kDefaultAccessKeyId};
  std::string secret_access_key{kDefaultSecretAccessKey};
  std::string session_token{};
};

/// A request before and after signing.
struct Call {
  std::string method = "POST";
  std::string path = "/";
  /// As it goes on the wire.
  std::string query{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string service = "sts";
  std::string region{kDefaultRegion};
  /// Moves the time that is signed.
  std::chrono::seconds time_offset{0};
  /// Set: a presigned URL.
  std::optional<std::chrono::seconds> expires{};
};

struct Answer {
  int status = 0;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
  /// The connection was reset.
  bool reset = false;
  /// The connection was closed before the answer was whole.
  bool cut = false;

  /// The text of the first element of this name.
  [[nodiscard]] std::string element(std::string_view name) const;
  [[nodiscard]] bool has_element(std::string_view name) const;
  [[nodiscard]] std::string code() const { return element("Code"); }
};

[[nodiscard]] std::string encode(std::string_view text);
[[nodiscard]] std::string form(const std::vector<std::pair<std::string, std::string>>& fields);

/// Adds the signature, in headers or in the query.
[[nodiscard]] Call sign(Call call, const Keys& keys, WallTime now);
/// The bytes of the request.
[[nodiscard]] std::string wire(const Call& call, std::uint16_t port);

/// One TCP connection.
class Wire {
 public:
  explicit Wire(std::uint16_t port);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void send(std::string_view bytes) const;
  /// Reads one answer; waits 10 s at most, then `cut`.
  [[nodiscard]] Answer receive(bool head_only = false);
  /// Closes for writing.
  void finish() const;

 private:
  bool fill(Answer& answer);

  int socket_ = -1;
  std::string buffer_;
};

/// An emulator with a clock that stands still, and calls that are signed by it.
class Rig {
 public:
  explicit Rig(Options options = {});

  [[nodiscard]] Answer send(const Call& call) const;
  [[nodiscard]] Answer send_signed(const Call& call, const Keys& keys = {}) const;
  /// A POST form for STS; Action and Version are added.
  [[nodiscard]] static Call action(const std::string& name,
                                   std::vector<std::pair<std::string, std::string>> fields = {});
  [[nodiscard]] Answer call(const std::string& name, std::vector<std::pair<std::string, std::string>> fields = {},
                            const Keys& keys = {}) const;
  /// AssumeRole with the two required parameters.
  [[nodiscard]] Answer assume(std::vector<std::pair<std::string, std::string>> more = {}, const Keys& keys = {},
                              std::string_view role = kDefaultRole) const;
  [[nodiscard]] static Call resource(std::string method = "GET", std::string path = "/resource");
  [[nodiscard]] Answer get_resource(const Keys& keys) const;
  /// The credentials of an answer. Registers them as secrets of this test run.
  [[nodiscard]] static Keys keys_of(const Answer& answer);

  std::shared_ptr<aws_refresh_session::testing::FakeClock> clock =
      std::make_shared<aws_refresh_session::testing::FakeClock>();
  Emulator emulator;
};

}  // namespace aws_refresh_session::emulator::testing
