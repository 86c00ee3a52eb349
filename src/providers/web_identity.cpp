#include "providers/web_identity.hpp"

#include "core/private_file.hpp"
#include "profile/file_locations.hpp"
#include "providers/current_sts_client.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <system_error>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::string_view kTokenFile = "AWS_WEB_IDENTITY_TOKEN_FILE";
constexpr std::string_view kRoleArn = "AWS_ROLE_ARN";
constexpr std::string_view kSessionName = "AWS_ROLE_SESSION_NAME";
constexpr std::string_view kDefaultSessionName = "aws-refresh-session";
constexpr std::size_t kLongestToken = std::size_t{64} * 1024;

SecretString read_token(const std::string& file) {
  SecretString content;
  const auto refuse = [&](std::string message, std::string details, ErrorKind kind) {
    throw ConfigurationError{{.message = std::move(message),
                              .code = "WebIdentityTokenFile",
                              .param = std::string{kTokenFile},
                              .value = file,
                              .details = std::move(details),
                              .kind = kind}};
  };
  try {
    content = core::read_private_file(file, kLongestToken);
  } catch (const std::system_error& error) {
    refuse("The file with the web identity token cannot be read: check its path, its permissions and its size",
           error.code().message(), ErrorKind::non_recoverable);
  }
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto text = content.reveal();
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    // Whoever writes it may be about to.
    refuse("The file with the web identity token is empty: whoever issues the tokens must fill it", {},
           ErrorKind::recoverable);
  }
  return SecretString{text.substr(first, text.find_last_not_of(kBlanks) - first + 1)};
}

class WebIdentityProvider final : public CredentialsProvider {
 public:
  WebIdentityProvider(WebIdentityOptions options, const ProviderSeams& seams, aws::RetrySeams retry)
      : options_(std::move(options)),
        environment_(seams.environment),
        client_(options_.client, seams, std::move(retry)) {}

  [[nodiscard]] Credentials resolve(const ResolveContext& context) override {
    const auto file = setting(options_.web_identity_token_file, kTokenFile);
    if (file.empty()) {
      ErrorFields fields;
      fields.message.append("There is no web identity: ").append(kTokenFile).append(" is not set");
      fields.code = "NoCredentials";
      fields.kind = ErrorKind::not_configured;
      throw CredentialError{std::move(fields)};
    }
    AssumeRoleOptions call;
    call.role_arn = setting(options_.role_arn, kRoleArn);
    if (call.role_arn.empty()) {
      ErrorFields fields;
      fields.message.append("A web identity needs a role: set ").append(kRoleArn).append(" or the option role_arn");
      fields.code = "MissingRoleArn";
      fields.param = kRoleArn;
      throw ConfigurationError{std::move(fields)};
    }
    call.role_session_name = setting(options_.role_session_name, kSessionName);
    if (call.role_session_name.empty()) {
      call.role_session_name = kDefaultSessionName;
    }
    call.duration = options_.duration;
    call.policy = options_.policy;
    call.policy_arns = options_.policy_arns;
    call.validate();
    const auto token = read_token(profile::expand_home(file, *environment_));
    const auto received = client_.get(context)->assume_role_with_web_identity(
        call, token, {.stop = context.stop, .deadline = context.deadline});
    return {received.access_key_id(),
            received.secret_access_key().reveal(),
            received.session_token().reveal(),
            received.expiration(),
            received.account_id(),
            name()};
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "web_identity"; }

 private:
  /// What the option or else the variable says.
  [[nodiscard]] std::string setting(const std::string& option, std::string_view variable) const {
    return option.empty() ? environment_->get(variable).value_or("") : option;
  }

  const WebIdentityOptions options_;
  const std::shared_ptr<const Environment> environment_;
  providers::CurrentStsClient client_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> providers::make_web_identity_provider(WebIdentityOptions options,
                                                                           ProviderSeams seams, aws::RetrySeams retry) {
  constexpr std::chrono::seconds kShortestByAws{900};
  if (options.duration && *options.duration < kShortestByAws) {
    warn({"sts.duration", "DurationSeconds below 900 is refused by AWS; other STS servers take it."});
  }
  return std::make_shared<WebIdentityProvider>(std::move(options), std::move(seams).completed(), std::move(retry));
}

std::shared_ptr<CredentialsProvider> make_web_identity_provider(WebIdentityOptions options, ProviderSeams seams) {
  return providers::make_web_identity_provider(std::move(options), std::move(seams), {});
}

}  // namespace aws_refresh_session
