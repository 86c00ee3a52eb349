#include "providers/sso.hpp"

#include "core/percent_encoding.hpp"
#include "providers/client_settings.hpp"
#include "providers/service_call.hpp"
#include "providers/sso_token.hpp"
#include "providers/token_document.hpp"
#include "providers/token_file.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::string_view kPortal = "the IAM Identity Center portal";
constexpr std::string_view kOidc = "the SSO OIDC service";

void require(std::string_view value, std::string_view param) {
  if (value.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    return;
  }
  ErrorFields fields;
  fields.message.append("Credentials of IAM Identity Center need ").append(param).append(": set it");
  fields.code = "MissingParameter";
  fields.param = param;
  throw ValidationError{std::move(fields)};
}

void check_endpoint(const std::string& url, std::string_view param) {
  if (url.empty()) {
    return;
  }
  if (const auto fault = aws::endpoint_fault(url)) {
    ErrorFields fields;
    // Without the value: it may hold a password.
    fields.message.append(param).append(" cannot be used: ").append(*fault);
    fields.code = "InvalidEndpoint";
    fields.param = param;
    throw ValidationError{std::move(fields)};
  }
}

void validate(const SsoOptions& options) {
  require(options.account_id, "account_id");
  require(options.role_name, "role_name");
  require(options.region, "region");
  require(options.start_url, "start_url");
  if (!aws::is_valid_region(options.region)) {
    throw ValidationError{{.message = "A region is one host label, like eu-west-1",
                           .code = "InvalidParameter",
                           .param = "region",
                           .value = options.region}};
  }
  check_endpoint(options.portal_endpoint_url, "portal_endpoint_url");
  check_endpoint(options.oidc_endpoint_url, "oidc_endpoint_url");
  aws::validate(options.client);
}

std::string advice_of(const SsoOptions& options) {
  return options.profile.empty() ? providers::login_advice("aws sso login", "--sso-session", options.session_name)
                                 : providers::login_advice("aws sso login", "--profile", options.profile);
}

/// Reads what the portal answered.
Credentials parse_role_credentials(std::string_view body, const std::string& account_id, std::string_view name) {
  const providers::TokenReader::Subject subject{.what = "The answer of the IAM Identity Center portal",
                                                .code = "MalformedResponse",
                                                .advice = "check the endpoint, and whether a proxy answers for it",
                                                .kind = ErrorKind::recoverable};
  const auto document = providers::TokenDocument::parse_or_throw(body, subject);
  const auto reader = providers::TokenReader{document.value(), subject}.object("roleCredentials");
  const auto access_key_id = reader.visible_text("accessKeyId");
  const auto secret_access_key = reader.visible_text("secretAccessKey");
  const auto session_token = reader.visible_text("sessionToken");
  constexpr std::int64_t kLast = 9'000'000'000'000;  // of the year 2255: later ones do not fit nanoseconds
  const std::chrono::milliseconds expiration{reader.number("expiration", kLast)};
  return {access_key_id.reveal(),
          secret_access_key.reveal(),
          session_token.reveal(),
          WallTime{expiration},
          account_id,
          name};
}

class SsoProvider final : public CredentialsProvider {
 public:
  SsoProvider(SsoOptions options, ProviderSeams seams, aws::RetrySeams retry)
      : options_(std::move(options)),
        seams_(std::move(seams)),
        retry_(aws::with_defaults(std::move(retry), seams_.clock)),
        advice_(advice_of(options_)),
        file_(seams_.clock) {}

  Credentials resolve(const ResolveContext& context) override {
    const auto settings = profile::Settings::load(seams_.environment, options_.client.profile);
    const auto text = file_.current(token_path(), token_kind(settings, context), context);
    const auto token = providers::parse_sso_token(text.reveal(), advice_);
    auto credentials = get_role_credentials(token, settings, context);
    if (credentials.expired(seams_.clock->now() + seams_.skew->get())) {
      throw CredentialError{{.message =
                                 "IAM Identity Center answered with credentials that have expired already: check "
                                 "this machine's clock",
                             .code = "ExpiredCredentials",
                             .kind = ErrorKind::recoverable}};
    }
    return credentials;
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "sso"; }

 private:
  [[nodiscard]] std::string token_path() const {
    return providers::token_file_path(
        options_.cache_directory, ".aws/sso/cache",
        providers::sso_token_file_name(options_.session_name.empty() ? options_.start_url : options_.session_name),
        *seams_.environment, "SsoTokenMissing");
  }

  [[nodiscard]] providers::TokenKind token_kind(const profile::Settings& settings, const ResolveContext& context) {
    return {.what = "The cached SSO token",
            .missing_code = "SsoTokenMissing",
            .expired_code = "SsoTokenExpired",
            .advice = advice_,
            .look =
                [this](std::string_view text) {
                  const auto token = providers::parse_sso_token(text, advice_);
                  // A token of the older form has no client to refresh it with, whatever the file holds.
                  const bool refreshable = !options_.session_name.empty() && token.refreshable(seams_.clock->now());
                  return providers::TokenLook{.expires_at = token.expires_at, .refreshable = refreshable};
                },
            .refresh = [this, &settings, &context](std::string_view text) { return refresh(text, settings, context); }};
  }

  void prepare(providers::ServiceCall& call, const StsClientOptions& client, const profile::Settings& settings) const {
    providers::apply_tls_settings(call.request, client, settings);
    call.max_attempts = providers::resolve_attempts(client, settings);
  }

  [[nodiscard]] SecretString refresh(std::string_view text, const profile::Settings& settings,
                                     const ResolveContext& context) {
    const auto token = providers::parse_sso_token(text, advice_);
    auto client = options_.client;
    client.endpoint_url = options_.oidc_endpoint_url;
    const auto body = providers::create_token_body(token);
    providers::ServiceCall call;
    call.service = kOidc;
    call.secrets = {token.access_token.reveal(), token.refresh_token.reveal(), token.client_secret.reveal()};
    prepare(call, client, settings);
    call.request.method = "POST";
    call.request.url = providers::join_path(
        providers::resolve_service_endpoint(aws::Service::sso_oidc, "sso_oidc", options_.region, client, settings),
        "token");
    call.request.headers = {{"Content-Type", "application/json"}};
    call.request.body = body.reveal();
    try {
      const auto response = providers::call_service(call, seams_, retry_, quota_, context);
      return providers::refreshed_sso_token(text, response.body, seams_.clock->now());
    } catch (const RequestError& error) {
      if (error.kind() != ErrorKind::non_recoverable) {
        throw;
      }
      auto fields = error.fields();
      fields.details = fields.code + (fields.details.empty() ? "" : "; ") + fields.details;
      fields.message = "The cached SSO token cannot be refreshed any more: " + advice_;
      fields.code = "SsoTokenExpired";
      fields.cause = std::current_exception();
      throw CredentialError{std::move(fields)};
    }
  }

  [[nodiscard]] Credentials get_role_credentials(const providers::SsoToken& token, const profile::Settings& settings,
                                                 const ResolveContext& context) {
    auto client = options_.client;
    client.endpoint_url = options_.portal_endpoint_url;
    providers::ServiceCall call;
    call.service = kPortal;
    call.secrets = {token.access_token.reveal()};
    prepare(call, client, settings);
    call.request.url = providers::join_path(
        providers::resolve_service_endpoint(aws::Service::sso_portal, "sso", options_.region, client, settings),
        "federation/credentials?account_id=" + core::percent_encode(options_.account_id) +
            "&role_name=" + core::percent_encode(options_.role_name));
    call.request.headers.emplace_back("x-amz-sso_bearer_token", token.access_token.reveal());
    try {
      const auto response = providers::call_service(call, seams_, retry_, quota_, context);
      return parse_role_credentials(response.body, options_.account_id, name());
    } catch (const RequestError& error) {
      throw explained(error);
    }
  }

  /// With what to do about it.
  [[nodiscard]] RequestError explained(const RequestError& error) const {
    auto fields = error.fields();
    const auto role = "the role " + options_.role_name + " of the account " + options_.account_id;
    if (fields.code == "UnauthorizedException") {
      fields.message += ". The login is not valid any more: " + advice_;
    } else if (fields.code == "ForbiddenException") {
      fields.message += ". You are not assigned to " + role + ": check both, and ask for the assignment";
      fields.param = "role_name";
      fields.value = options_.role_name;
    } else if (fields.code == "ResourceNotFoundException") {
      fields.message += ". There is no such thing as " + role + ": check both";
      fields.param = "role_name";
      fields.value = options_.role_name;
    }
    return RequestError{std::move(fields)};
  }

  const SsoOptions options_;
  const ProviderSeams seams_;
  const aws::RetrySeams retry_;
  const std::string advice_;
  aws::RetryQuota quota_;
  providers::TokenFile file_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> providers::make_sso_provider(SsoOptions options, ProviderSeams seams,
                                                                  aws::RetrySeams retry) {
  validate(options);
  seams = std::move(seams).completed();
  return std::make_shared<SsoProvider>(std::move(options), std::move(seams), std::move(retry));
}

std::shared_ptr<CredentialsProvider> make_sso_provider(SsoOptions options, ProviderSeams seams) {
  return providers::make_sso_provider(std::move(options), std::move(seams), {});
}

}  // namespace aws_refresh_session
