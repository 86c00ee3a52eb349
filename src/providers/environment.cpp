#include "providers/expiry.hpp"

#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::string_view kAccessKeyId = "AWS_ACCESS_KEY_ID";
constexpr std::string_view kSecretAccessKey = "AWS_SECRET_ACCESS_KEY";

[[noreturn]] void throw_nothing_set() {
  ErrorFields fields;
  fields.message = "The environment holds no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  fields.code = "NoCredentials";
  fields.kind = ErrorKind::not_configured;
  throw CredentialError{std::move(fields)};
}

/// Half a pair is somebody's mistake: to go on with another source would hide it.
[[noreturn]] void throw_incomplete(std::string_view present, std::string_view missing) {
  ErrorFields fields;
  fields.message.append(present).append(" is set, but ").append(missing).append(" is not: set both, or neither");
  fields.code = "IncompleteCredentials";
  fields.param = missing;
  throw CredentialError{std::move(fields)};
}

/// A variable's value without the white space around it: a line end that came with `export X=$(cat file)` of a file
/// with CRLF would make a header that cannot be sent.
class Variable {
 public:
  Variable(const Environment& environment, std::string_view name)
      : text_(environment.get(name).value_or(std::string{})) {}
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { wipe(text_); }

  [[nodiscard]] std::string_view get() const noexcept {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::string_view text{text_};
    const auto first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
  }

 private:
  std::string text_;
};

class EnvironmentProvider final : public CredentialsProvider {
 public:
  explicit EnvironmentProvider(std::shared_ptr<const Environment> environment) : environment_(std::move(environment)) {}

  Credentials resolve(const ResolveContext& /*context*/) override {
    const Variable access_key_id{*environment_, kAccessKeyId};
    const Variable secret_access_key{*environment_, kSecretAccessKey};
    if (access_key_id.get().empty() && secret_access_key.get().empty()) {
      throw_nothing_set();
    }
    if (secret_access_key.get().empty()) {
      throw_incomplete(kAccessKeyId, kSecretAccessKey);
    }
    if (access_key_id.get().empty()) {
      throw_incomplete(kSecretAccessKey, kAccessKeyId);
    }
    const Variable session_token{*environment_, "AWS_SESSION_TOKEN"};
    const Variable account_id{*environment_, "AWS_ACCOUNT_ID"};
    return {access_key_id.get(), secret_access_key.get(), session_token.get(), expiration(), account_id.get(), name()};
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "environment"; }

 private:
  [[nodiscard]] std::optional<WallTime> expiration() const {
    constexpr std::string_view kExpiration = "AWS_CREDENTIAL_EXPIRATION";
    const Variable text{*environment_, kExpiration};
    if (text.get().empty()) {
      return std::nullopt;
    }
    return providers::parse_expiry(text.get(), kExpiration, ErrorKind::non_recoverable);
  }

  std::shared_ptr<const Environment> environment_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> make_environment_provider(std::shared_ptr<const Environment> environment) {
  return std::make_shared<EnvironmentProvider>(environment ? std::move(environment) : process_environment());
}

}  // namespace aws_refresh_session
