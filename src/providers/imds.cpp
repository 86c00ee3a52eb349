#include "providers/imds.hpp"

#include "core/json.hpp"
#include "core/rfc3339.hpp"
#include "providers/credentials_json.hpp"
#include "providers/imds_client.hpp"
#include "providers/token_document.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace aws_refresh_session {
namespace {

using providers::ImdsClient;

constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;

[[noreturn]] void throw_not_configured(std::string message, std::string code) {
  throw CredentialError{{.message = std::move(message), .code = std::move(code), .kind = ErrorKind::not_configured}};
}

/// The first line without blanks around it.
std::string first_line(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  text = text.substr(first, text.find('\n', first) - first);
  return std::string{text.substr(0, text.find_last_not_of(kBlanks) + 1)};
}

/// The characters of a role's name (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html): it becomes a
/// part of a URL.
bool is_role_name(std::string_view name) noexcept {
  constexpr std::size_t kLongest = 64;
  return name.size() <= kLongest && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view{"_+=,.@-"}.find(c) != std::string_view::npos;
         });
}

/// The answer may be an error of status 200: `{"Code": "AssumeRoleUnauthorizedAccess", "Message": ...}`.
void check_code(std::string_view body, const std::string& role) {
  const auto document = providers::TokenDocument::parse(body);  // wipes the keys that it holds
  if (!document) {
    return;
  }
  const auto code = core::json_text(document->value(), "Code").value_or("");
  if (code.empty() || code == "Success") {
    return;
  }
  const auto message = core::json_text(document->value(), "Message").value_or("");
  const bool is_unauthorized = code == "AssumeRoleUnauthorizedAccess";
  constexpr std::size_t kLongestCode = 128;
  constexpr std::size_t kLongestMessage = 512;
  ErrorFields fields;
  fields.message = "The instance gets no credentials of its role";
  if (!message.empty()) {
    fields.message.append(": ").append(providers::as_error_text(message, kLongestMessage));
  }
  if (is_unauthorized) {
    fields.message += ". The role's trust policy must allow ec2.amazonaws.com";
  }
  fields.code = providers::as_error_text(code, kLongestCode);
  fields.param = "role";
  fields.value = role;
  fields.kind = is_unauthorized ? ErrorKind::non_recoverable : ErrorKind::recoverable;
  throw RequestError{std::move(fields)};
}

class ImdsProvider final : public CredentialsProvider {
 public:
  ImdsProvider(ImdsOptions options, ProviderSeams seams, aws::RetrySeams retry)
      : options_(std::move(options)),
        seams_(std::move(seams)),
        retry_(aws::with_defaults(std::move(retry), seams_.clock)),
        client_(seams_, retry_) {}

  [[nodiscard]] Credentials resolve(const ResolveContext& context) override {
    const auto imds = providers::resolve_imds(options_, profile::Settings::load(seams_.environment, options_.profile));
    if (imds.disabled) {
      throw_not_configured("The instance metadata service is not asked: AWS_EC2_METADATA_DISABLED is true",
                           "ImdsDisabled");
    }
    ImdsClient::Conversation conversation{client_, imds, context};
    const auto role = ask_role(conversation);
    Credentials received;
    conversation.get(std::string{kRolePath} + role, [&](HttpResponse& response) {
      check_code(response.body, role);
      received = providers::parse_credentials_json(response.body, providers::CredentialsJson::served, name(),
                                                   "MalformedResponse");
      if (!received.expiration()) {
        throw CredentialError{{.message = "The answer of imds cannot be used: Expiration is missing",
                               .code = "MalformedResponse",
                               .param = "Expiration",
                               .kind = ErrorKind::recoverable}};
      }
    });
    return with_static_stability(std::move(received));
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "imds"; }

 private:
  [[nodiscard]] static std::string ask_role(ImdsClient::Conversation& conversation) {
    std::string role;
    try {
      conversation.get(kRolePath, [&](HttpResponse& response) { role = first_line(response.body); });
    } catch (const RequestError& error) {
      if (error.status_code() == kForbidden) {
        throw_not_configured("The instance metadata service refuses to answer: it is turned off for this instance",
                             "ImdsUnreachable");
      }
      if (error.status_code() != kNotFound) {
        throw;
      }
    }
    if (role.empty()) {
      throw_not_configured("The instance has no role: attach an instance profile to it", "ImdsNoRole");
    }
    if (!is_role_name(role)) {
      throw CredentialError{{.message = "The instance metadata service gave a role's name that is none: check what "
                                        "answers at its address",
                             .code = "MalformedResponse",
                             .param = "role",
                             .kind = ErrorKind::recoverable}};
    }
    return role;
  }

  /// During an outage the service goes on handing out the last set, and AWS goes on taking it for a while.
  [[nodiscard]] Credentials with_static_stability(Credentials received) const {
    constexpr std::chrono::seconds kShortest{300};
    constexpr std::chrono::seconds kSpread{300};
    const auto now = seams_.clock->now() + seams_.skew->get();
    if (!received.expired(now)) {
      return received;
    }
    const std::chrono::duration<double> drawn{retry_.random() * static_cast<double>(kSpread.count())};
    const auto until = now + kShortest + std::chrono::duration_cast<std::chrono::milliseconds>(drawn);
    warn({.place = "imds.static_stability",
          .message = "The instance metadata service handed out a set that has expired already, as it does during an "
                     "outage. It is used nevertheless, and the service is asked again before " +
                     core::format_rfc3339(until) + "."});
    return {received.access_key_id(),
            received.secret_access_key().reveal(),
            received.session_token().reveal(),
            until,
            received.account_id(),
            name()};
  }

  const ImdsOptions options_;
  const ProviderSeams seams_;
  const aws::RetrySeams retry_;
  ImdsClient client_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> providers::make_imds_provider(ImdsOptions options, ProviderSeams seams,
                                                                   aws::RetrySeams retry) {
  return std::make_shared<ImdsProvider>(std::move(options), std::move(seams).completed(), std::move(retry));
}

std::shared_ptr<CredentialsProvider> make_imds_provider(ImdsOptions options, ProviderSeams seams) {
  return providers::make_imds_provider(std::move(options), std::move(seams), {});
}

}  // namespace aws_refresh_session
