#include "providers/container.hpp"

#include "core/private_file.hpp"
#include "core/url.hpp"
#include "core/wiped_request.hpp"
#include "profile/file_locations.hpp"
#include "providers/container_host.hpp"
#include "providers/credentials_json.hpp"
#include "providers/endpoint_caller.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <system_error>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::string_view kRelativeUri = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view kFullUri = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr std::string_view kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr std::string_view kEcsEndpoint = "http://169.254.170.2";
constexpr std::string_view kSource = "the container credentials endpoint";
/// A header longer than that is refused by most servers anyway.
constexpr std::size_t kLongestToken = std::size_t{16} * 1024;

[[noreturn]] void refuse(std::string message, std::string code, std::string_view param, std::string value = {},
                         std::string details = {}, ErrorKind kind = ErrorKind::non_recoverable) {
  ErrorFields fields;
  fields.message = std::move(message);
  fields.code = std::move(code);
  fields.param = param;
  fields.value = std::move(value);
  fields.details = std::move(details);
  fields.kind = kind;
  throw ConfigurationError{std::move(fields)};
}

struct Endpoint {
  std::string url;
  bool is_local = false;
};

std::string_view help_for(int status) noexcept {
  constexpr int kFirstRedirect = 300;
  constexpr int kFirstClientError = 400;
  constexpr int kUnauthorized = 401;
  constexpr int kForbidden = 403;
  if (status == kUnauthorized || status == kForbidden) {
    return "Check the authorization token, and what the container's role allows.";
  }
  if (status >= kFirstRedirect && status < kFirstClientError) {
    return "Redirects are not followed: name the final address.";
  }
  return {};
}

class ContainerProvider final : public CredentialsProvider {
 public:
  ContainerProvider(ContainerOptions options, const ProviderSeams& seams, aws::RetrySeams retry)
      : options_(std::move(options)),
        environment_(seams.environment),
        caller_(seams, std::move(retry), std::string{kSource}) {}

  [[nodiscard]] Credentials resolve(const ResolveContext& context) override {
    const auto endpoint = find_endpoint();
    const auto token = find_token();
    HttpRequest made;
    made.url = endpoint.url;
    made.headers = {{"Accept", "application/json"}};
    if (!token.empty()) {
      made.headers.emplace_back("Authorization", token.reveal());
    }
    made.connect_timeout = options_.connect_timeout;
    made.timeout = options_.attempt_timeout;
    made.bypass_proxy = endpoint.is_local;
    made.ca_bundle = options_.ca_bundle;
    if (const auto bundle = environment_->get("AWS_CA_BUNDLE"); bundle && made.ca_bundle.empty()) {
      made.ca_bundle = profile::expand_home(*bundle, *environment_);
    }
    core::WipedRequest request{std::move(made)};
    Credentials received;
    caller_.call(request.request, options_.max_attempts, context, [&](HttpResponse& response) {
      constexpr int kSuccess = 200;
      if (response.status != kSuccess) {
        throw providers::refused_by_endpoint(response, kSource, token, help_for(response.status));
      }
      received = providers::parse_credentials_json(response.body, providers::CredentialsJson::served, name(),
                                                   "MalformedResponse");
    });
    return received;
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "container"; }

 private:
  /// What the option or else the variable says.
  [[nodiscard]] std::string setting(const std::string& option, std::string_view variable) const {
    return option.empty() ? environment_->get(variable).value_or("") : option;
  }

  [[nodiscard]] Endpoint find_endpoint() const {
    // A URI in code is not overruled by a variable, not even by that of the form which wins.
    const bool in_code = !options_.relative_uri.empty() || !options_.full_uri.empty();
    const auto relative = in_code ? options_.relative_uri : setting({}, kRelativeUri);
    if (!relative.empty()) {
      // Without the slash the text would go on the host's name: `@example.com/`, `.example.com/`.
      auto url = std::string{kEcsEndpoint}.append(relative);
      if (!relative.starts_with('/') || !core::parse_url(url)) {
        refuse("The relative URI must be a path that begins with / and holds nothing that a URL cannot: correct it",
               "ContainerUriInvalid", kRelativeUri);
      }
      return {.url = std::move(url), .is_local = true};
    }
    auto full = in_code ? options_.full_uri : setting({}, kFullUri);
    if (full.empty()) {
      ErrorFields fields;
      fields.message.append("This is not a container with a role: neither ").append(kRelativeUri).append(" nor ");
      fields.message.append(kFullUri).append(" is set");
      fields.code = "NoCredentials";
      fields.kind = ErrorKind::not_configured;
      throw CredentialError{std::move(fields)};
    }
    const auto url = core::parse_url(full);
    if (!url || !url->user_info.empty()) {
      // Without its text: a path may be all that keeps others from the credentials.
      refuse("The full URI must be an absolute http:// or https:// URL without a user name: correct it",
             "ContainerUriInvalid", kFullUri);
    }
    const bool is_local = providers::is_local_container_host(url->host);
    if (url->scheme != "https" && !is_local) {
      refuse(
          "Credentials are not fetched from that host by http: use https, a loopback address, 169.254.170.2, "
          "169.254.170.23 or [fd00:ec2::23]",
          "ContainerHostNotAllowed", kFullUri, url->host);
    }
    return {.url = std::move(full), .is_local = is_local};
  }

  [[nodiscard]] SecretString find_token() const {
    const bool in_code = !options_.authorization_token.empty() || !options_.authorization_token_file.empty();
    const auto file = in_code ? options_.authorization_token_file : setting({}, kTokenFile);
    if (!file.empty()) {
      return checked(read_token(file), kTokenFile);
    }
    if (in_code) {
      return checked(options_.authorization_token, kToken);
    }
    auto variable = setting({}, kToken);
    SecretString token{variable};
    wipe(variable);
    return checked(std::move(token), kToken);
  }

  [[nodiscard]] static SecretString read_token(const std::string& file) {
    SecretString content;
    try {
      content = core::read_private_file(file, kLongestToken);
    } catch (const std::system_error& error) {
      refuse("The file with the authorization token cannot be read: check its path and its permissions",
             "ContainerTokenFile", kTokenFile, file, error.code().message());
    }
    auto text = content.reveal();
    // Editors end a file with one. More than that is not a token any more.
    if (text.ends_with('\n')) {
      text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    }
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      // Whoever writes it may be about to.
      refuse("The file with the authorization token is empty: whoever starts the container must fill it",
             "ContainerTokenFile", kTokenFile, file, {}, ErrorKind::recoverable);
    }
    return SecretString{text};
  }

  [[nodiscard]] static SecretString checked(SecretString token, std::string_view param) {
    constexpr std::string_view kForbidden{"\r\n\0", 3};
    if (token.reveal().find_first_of(kForbidden) != std::string_view::npos) {
      refuse("The authorization token holds a line break, which would end the header that carries it: remove it",
             "ContainerTokenInvalid", param);
    }
    return token;
  }

  const ContainerOptions options_;
  const std::shared_ptr<const Environment> environment_;
  const providers::EndpointCaller caller_;
};

void validate(const ContainerOptions& options) {
  constexpr int kMostAttempts = 10;
  const auto refuse_option = [](std::string message, std::string param) {
    throw ValidationError{{.message = std::move(message), .code = "InvalidParameter", .param = std::move(param)}};
  };
  if (options.max_attempts < 1 || options.max_attempts > kMostAttempts) {
    refuse_option("A call may take from 1 to 10 attempts", "max_attempts");
  }
  for (const auto& [name, timeout] :
       {std::pair{"connect_timeout", options.connect_timeout}, std::pair{"attempt_timeout", options.attempt_timeout}}) {
    if (timeout <= std::chrono::milliseconds::zero()) {
      refuse_option("A time limit must be longer than zero", name);
    }
  }
}

}  // namespace

std::shared_ptr<CredentialsProvider> providers::make_container_provider(ContainerOptions options, ProviderSeams seams,
                                                                        aws::RetrySeams retry) {
  validate(options);
  return std::make_shared<ContainerProvider>(std::move(options), std::move(seams).completed(), std::move(retry));
}

std::shared_ptr<CredentialsProvider> make_container_provider(ContainerOptions options, ProviderSeams seams) {
  return providers::make_container_provider(std::move(options), std::move(seams), {});
}

}  // namespace aws_refresh_session
