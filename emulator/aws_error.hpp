#pragma once

#include <stdexcept>
#include <string>

namespace aws_refresh_session::emulator {

/// A refusal, in AWS's words. Thrown where it is found, turned into an answer in one place.
class AwsError : public std::runtime_error {
 public:
  AwsError(int status, std::string code, const std::string& message)
      : std::runtime_error(message), status_(status), code_(std::move(code)) {}

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const std::string& code() const noexcept { return code_; }

 private:
  int status_;
  std::string code_;
};

}  // namespace aws_refresh_session::emulator
