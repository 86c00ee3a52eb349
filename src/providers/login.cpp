#include "providers/login.hpp"

#include "providers/client_settings.hpp"
#include "providers/dpop.hpp"
#include "providers/login_token.hpp"
#include "providers/service_call.hpp"
#include "providers/token_file.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <array>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::string_view kSignIn = "the AWS sign-in service";
constexpr std::string_view kName = "login";

void validate(const LoginOptions& options) {
  if (options.login_session.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw ValidationError{{.message = "Credentials of aws login need login_session: set it, or run `aws login`",
                           .code = "MissingParameter",
                           .param = "login_session"}};
  }
  if (!options.region.empty() && !aws::is_valid_region(options.region)) {
    throw ValidationError{{.message = "A region is one host label, like eu-west-1",
                           .code = "InvalidParameter",
                           .param = "region",
                           .value = options.region}};
  }
  aws::validate(options.client);
}

/// Why a refresh was refused, by the `error` of the answer; empty for anything that is none of the login's end.
std::string_view explain(const RequestError& error) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kReasons{{
      {"TOKEN_EXPIRED", "The login session has expired"},
      {"USER_CREDENTIALS_CHANGED", "The password was changed since the login"},
      {"INSUFFICIENT_PERMISSIONS",
       "The user lacks the permission signin:CreateOAuth2Token: ask for it, for example by the policy "
       "SignInLocalDevelopmentAccess; then"},
  }};
  for (const auto& [name, reason] : kReasons) {
    // Retries may have put a count behind it.
    if (error.code() == name || error.details().starts_with(name)) {
      return reason;
    }
  }
  return error.kind() == ErrorKind::non_recoverable ? "The cached login token cannot be refreshed any more"
                                                    : std::string_view{};
}

class LoginProvider final : public CredentialsProvider {
 public:
  LoginProvider(LoginOptions options, ProviderSeams seams, aws::RetrySeams retry)
      : options_(std::move(options)),
        seams_(std::move(seams)),
        retry_(aws::with_defaults(std::move(retry), seams_.clock)),
        advice_(providers::login_advice("aws login", "--profile", options_.profile)),
        file_(seams_.clock) {}

  Credentials resolve(const ResolveContext& context) override {
    const auto settings = profile::Settings::load(seams_.environment, options_.client.profile);
    const auto text = file_.current(token_path(), token_kind(settings, context), context);
    return providers::parse_login_token(text.reveal(), advice_, name()).credentials;
  }

  [[nodiscard]] std::string_view name() const noexcept override { return kName; }

 private:
  [[nodiscard]] std::string token_path() const {
    auto directory = options_.cache_directory;
    if (directory.empty()) {
      directory = seams_.environment->get("AWS_LOGIN_CACHE_DIRECTORY").value_or("");
    }
    return providers::token_file_path(directory, ".aws/login/cache",
                                      providers::login_token_file_name(options_.login_session), *seams_.environment,
                                      "LoginTokenMissing");
  }

  [[nodiscard]] providers::TokenKind token_kind(const profile::Settings& settings, const ResolveContext& context) {
    return {.what = "The cached login token",
            .missing_code = "LoginTokenMissing",
            .expired_code = "LoginTokenExpired",
            .advice = advice_,
            .look =
                [this](std::string_view text) {
                  const auto token = providers::parse_login_token(text, advice_, name());
                  return providers::TokenLook{.expires_at = token.expires_at, .refreshable = true};
                },
            .refresh = [this, &settings, &context](std::string_view text) { return refresh(text, settings, context); }};
  }

  [[nodiscard]] std::string region(const profile::Settings& settings) const {
    if (!options_.region.empty()) {
      return options_.region;
    }
    if (const auto configured = providers::configured_region(options_.client.region, settings)) {
      return configured->value;
    }
    throw ConfigurationError{{.message = "To refresh a login, its region must be known: set the profile's region, or "
                                         "AWS_REGION",
                              .code = "MissingRegion",
                              .param = "region"}};
  }

  [[nodiscard]] SecretString refresh(std::string_view text, const profile::Settings& settings,
                                     const ResolveContext& context) {
    const auto token = providers::parse_login_token(text, advice_, name());
    const auto body = providers::create_oauth2_token_body(token);
    providers::ServiceCall call;
    call.service = kSignIn;
    call.secrets = {token.refresh_token.reveal(), token.credentials.session_token().reveal(),
                    token.credentials.secret_access_key().reveal()};
    providers::apply_tls_settings(call.request, options_.client, settings);
    call.max_attempts = providers::resolve_attempts(options_.client, settings);
    call.request.method = "POST";
    call.request.url =
        providers::join_path(providers::resolve_service_endpoint(aws::Service::signin, "signin", region(settings),
                                                                 options_.client, settings),
                             "v1/token");
    call.request.headers = {{"Content-Type", "application/json"}};
    call.request.body = body.reveal();
    call.is_dated = true;
    call.before_attempt = [this, &token](HttpRequest& request) {
      request.headers.emplace_back("DPoP", proof(token, request));
    };
    try {
      const auto response = providers::call_service(call, seams_, retry_, quota_, context);
      return providers::refreshed_login_token(text, response.body, seams_.clock->now());
    } catch (const RequestError& error) {
      const auto reason = explain(error);
      if (reason.empty()) {
        throw;
      }
      auto fields = error.fields();
      fields.details = fields.code + (fields.details.empty() ? "" : "; ") + fields.details;
      fields.message = std::string{reason}.append(": ").append(advice_);
      fields.code = "LoginTokenExpired";
      fields.kind = ErrorKind::non_recoverable;
      fields.cause = std::current_exception();
      throw CredentialError{std::move(fields)};
    }
  }

  /// Of this very attempt: a service takes a proof once, and for a short time by its own clock.
  [[nodiscard]] std::string proof(const providers::LoginToken& token, const HttpRequest& request) const {
    auto proof = providers::dpop_proof(token.dpop_key.reveal(), {.method = request.method,
                                                                 .url = request.url,
                                                                 .issued_at = seams_.clock->now() + seams_.skew->get(),
                                                                 .id = providers::random_uuid()});
    if (!proof) {
      throw CredentialError{
          {.message = "The cached login token cannot be used: dpopKey is no EC private key on P-256: " + advice_,
           .code = "LoginTokenMalformed",
           .param = "dpopKey"}};
    }
    return std::move(*proof);
  }

  const LoginOptions options_;
  const ProviderSeams seams_;
  const aws::RetrySeams retry_;
  const std::string advice_;
  aws::RetryQuota quota_;
  providers::TokenFile file_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> providers::make_login_provider(LoginOptions options, ProviderSeams seams,
                                                                    aws::RetrySeams retry) {
  validate(options);
  seams = std::move(seams).completed();
  return std::make_shared<LoginProvider>(std::move(options), std::move(seams), std::move(retry));
}

std::shared_ptr<CredentialsProvider> make_login_provider(LoginOptions options, ProviderSeams seams) {
  return providers::make_login_provider(std::move(options), std::move(seams), {});
}

}  // namespace aws_refresh_session
