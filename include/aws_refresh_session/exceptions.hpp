#pragma once

/// \file
/// Everything the library throws, and the warnings it gives. No text in here ever holds a secret key, a session
/// token, a one-time code or a command line.

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session {

/// What a caller can do about an error; the refresh rule reads it, too.
enum class ErrorKind {
  /// The source has nothing to work with: a chain tries the next one.
  not_configured,
  /// Trying again later may help: network, 5xx, throttling.
  recoverable,
  /// Trying again will not help until somebody changes something: access denied, no such role, bad options.
  non_recoverable,
  /// The caller, or the end of the session, stopped it.
  cancelled,
};

[[nodiscard]] std::string_view to_string(ErrorKind kind) noexcept;

/// The fields of an error. What is not known stays empty and is left out of the text.
struct ErrorFields {
  /// What went wrong and what to do about it, in a sentence or two.
  std::string message{};
  /// The service's error code (`AccessDenied`), or the library's own (`Timeout`).
  std::string code{};
  /// The HTTP status of the answer.
  std::optional<int> status_code{};
  /// The parameter at fault, by the name the user knows.
  std::string param{};
  /// The value at fault; never a secret.
  std::string value{};
  /// More, for a person.
  std::string details{};
  ErrorKind kind = ErrorKind::non_recoverable;
  /// The service's request id, which AWS Support asks for.
  std::string request_id{};
  /// The service's own wish (`Retry-After`).
  std::optional<std::chrono::seconds> retry_after{};
  /// The exception behind it, e.g. what the user's callable threw.
  std::exception_ptr cause{};
};

/// The base of all errors. Copies are cheap, do not throw and share the fields; safe to read from many threads.
class Error : public std::exception {
 public:
  explicit Error(ErrorFields fields);

  /// `message (code='C', status_code=403, param='p', value='v', details='d')`: only what is set, in that order.
  [[nodiscard]] const char* what() const noexcept override;

  [[nodiscard]] const std::string& message() const noexcept { return state_->fields.message; }
  [[nodiscard]] const std::string& code() const noexcept { return state_->fields.code; }
  [[nodiscard]] std::optional<int> status_code() const noexcept { return state_->fields.status_code; }
  [[nodiscard]] const std::string& param() const noexcept { return state_->fields.param; }
  [[nodiscard]] const std::string& value() const noexcept { return state_->fields.value; }
  [[nodiscard]] const std::string& details() const noexcept { return state_->fields.details; }
  [[nodiscard]] ErrorKind kind() const noexcept { return state_->fields.kind; }
  [[nodiscard]] const std::string& request_id() const noexcept { return state_->fields.request_id; }
  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept { return state_->fields.retry_after; }
  [[nodiscard]] const std::exception_ptr& cause() const noexcept { return state_->fields.cause; }

  /// All fields, e.g. to throw the same error with one field changed.
  [[nodiscard]] const ErrorFields& fields() const noexcept { return state_->fields; }

  /// Throws a copy of the most derived type: how one failure reaches many waiting threads.
  [[noreturn]] virtual void raise() const;
  /// A copy of the most derived type.
  [[nodiscard]] virtual std::shared_ptr<const Error> clone() const;

 private:
  struct State {
    ErrorFields fields;
    std::string text;
  };
  std::shared_ptr<const State> state_;
};

/// An argument or option was wrong before anything was asked of anybody.
class ValidationError : public Error {
 public:
  using Error::Error;
  [[noreturn]] void raise() const override;
  [[nodiscard]] std::shared_ptr<const Error> clone() const override;
};

/// The surroundings were wrong: a missing region, an MFA command that fails, a file that cannot be read.
class ConfigurationError : public Error {
 public:
  using Error::Error;
  [[noreturn]] void raise() const override;
  [[nodiscard]] std::shared_ptr<const Error> clone() const override;
};

/// There are no usable credentials: none found, malformed, incomplete or expired.
class CredentialError : public Error {
 public:
  using Error::Error;
  [[noreturn]] void raise() const override;
  [[nodiscard]] std::shared_ptr<const Error> clone() const override;
};

/// No answer came: the network, TLS, a time limit.
class ConnectionError : public Error {
 public:
  using Error::Error;
  [[noreturn]] void raise() const override;
  [[nodiscard]] std::shared_ptr<const Error> clone() const override;
};

/// The service answered with an error.
class RequestError : public Error {
 public:
  using Error::Error;
  [[noreturn]] void raise() const override;
  [[nodiscard]] std::shared_ptr<const Error> clone() const override;
};

/// The exception in flight as an Error: itself if it is one, else wrapped by `message` with its text as details.
/// Call it in a catch block.
[[nodiscard]] std::shared_ptr<const Error> current_error(std::string_view message);

/// Something the user should know that stops nothing.
struct Warning {
  /// Names the place that warns (`sts.region`): the default handler speaks once per place.
  std::string place{};
  std::string message{};
};

using WarningHandler = std::function<void(const Warning&)>;

/// Replaces the process's handler and returns the one before it. An empty handler restores the default, which writes
/// each place's first warning to the log. Thread-safe; a handler may run on any thread and must not throw.
WarningHandler set_warning_handler(WarningHandler handler);

/// Gives a warning to the handler. What the handler throws is dropped.
void warn(const Warning& warning) noexcept;

}  // namespace aws_refresh_session
