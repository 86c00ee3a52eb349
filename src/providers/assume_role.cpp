#include "providers/assume_role.hpp"

#include "aws/sts_errors.hpp"
#include "providers/current_sts_client.hpp"
#include "providers/mfa_session.hpp"
#include "providers/used_token_codes.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/providers/default_chain.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::string_view kDefaultSessionName = "aws-refresh-session";
/// Codes change with the half minute (RFC 6238, 5.2).
constexpr std::chrono::seconds kTimeStep{30};

[[noreturn]] void throw_code_used(ErrorKind kind, std::string_view help) {
  throw ConfigurationError{
      {.message = std::string{"The one-time code was sent to STS before and is never sent twice. "}.append(help),
       .code = "MfaTokenAlreadyUsed",
       .param = "TokenCode",
       .kind = kind}};
}

std::shared_ptr<CredentialsProvider> make_base(const AssumeRoleOptions& options, const ProviderSeams& seams) {
  if (options.client.credentials) {
    return make_static_provider(*options.client.credentials);
  }
  if (options.base) {
    return options.base;
  }
  return std::make_shared<DefaultChain>(DefaultChainOptions{.profile = options.client.profile,
                                                            .mfa_token_provider = options.mfa_token_provider,
                                                            .client = options.client},
                                        seams);
}

class AssumeRoleProvider final : public CredentialsProvider {
 public:
  AssumeRoleProvider(AssumeRoleOptions options, ProviderSeams seams, aws::RetrySeams retry)
      : options_(std::move(options)),
        clock_(seams.clock),
        skew_(seams.skew),
        wait_(aws::with_defaults(retry, seams.clock).wait),
        static_code_(options_.mfa_token_provider ? std::string_view{} : std::string_view{options_.token_code}),
        base_(make_base(options_, seams)),
        client_(options_.client, std::move(seams), std::move(retry)) {
    wipe(options_.token_code);
    if (options_.role_session_name.empty()) {
      options_.role_session_name = kDefaultSessionName;
    }
  }

  [[nodiscard]] Credentials resolve(const ResolveContext& context) override {
    const auto base = resolve_base(context);
    // STS opens sessions for long-term keys only.
    if (options_.mfa_token_provider.interactive() && base.session_token().empty()) {
      if (auto received = assume_by_session(base, context)) {
        return *std::move(received);
      }
    }
    return assume_directly(base, context);
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "sts"; }

  [[nodiscard]] bool interactive() const noexcept override {
    return options_.mfa_token_provider.interactive() || base_->interactive();
  }

  /// The role's set is made anew at each call; the session of a device that may be behind it is not.
  void invalidate(std::string_view access_key_id) override {
    if (options_.mfa_token_provider.interactive()) {
      providers::MfaSessions::of_process().invalidate(access_key_id);
    }
  }

 private:
  /// The role's credentials by a session that proves a person's code; nothing where the role needs a code of its own.
  std::optional<Credentials> assume_by_session(const Credentials& base, const ResolveContext& context) {
    auto& sessions = providers::MfaSessions::of_process();
    const auto client = client_.get(context);
    const providers::MfaSessionKey key{client->endpoint_url(), base.access_key_id(), options_.serial_number};
    const auto open = [&] { return open_session(*client, base, context); };
    auto by_session = options_;
    by_session.serial_number.clear();
    for (;;) {
      const auto session = sessions.get(key, open, *clock_, *skew_, context);
      if (session.credentials) {
        try {
          bool no_code_was_sent = false;
          auto received =
              client->assume_role(by_session, {}, *session.credentials, limits_of(context), no_code_was_sent);
          sessions.note_role(key, received.access_key_id());
          return received;
        } catch (const RequestError& error) {
          if (aws::refuses_credentials(error.code())) {
            sessions.drop(key, session.credentials);
            if (!session.is_new) {
              continue;
            }
            sessions.open_no_more(key);
            warn_without_session(error);
          } else if (session.is_new || error.code() != "AccessDenied") {
            // A denial by a new session is the role's own: another code would change nothing.
            throw;
          }
        }
        if (!session.is_new) {
          // The role may want a code that was given a short time ago (aws:MultiFactorAuthAge).
          auto received = assume_directly(base, context);
          sessions.drop(key, session.credentials);
          return received;
        }
      }
      if (session.is_new) {
        // The person's device still shows the code that has just been sent.
        wait_for_next_step(context);
      }
      return std::nullopt;
    }
  }

  /// Null when the service opens no session for these keys.
  std::shared_ptr<const Credentials> open_session(aws::StsClient& client, const Credentials& base,
                                                  const ResolveContext& context) {
    const auto code = claim_code(context);
    bool code_was_sent = false;
    try {
      return std::make_shared<const Credentials>(
          client.get_session_token(options_.serial_number, code, base, limits_of(context), code_was_sent));
    } catch (const RequestError& error) {
      if (aws::refuses_call(error.code()) && !aws::refuses_one_time_code(error.code(), error.message())) {
        warn_without_session(error);
        return nullptr;
      }
      if (aws::refuses_credentials(error.code())) {
        base_->invalidate(base.access_key_id());
      }
      throw;
    } catch (...) {
      if (!code_was_sent) {
        providers::UsedTokenCodes::of_process().release(options_.serial_number, code);
      }
      throw;
    }
  }

  void warn_without_session(const RequestError& error) const {
    warn({"sts.get_session_token",
          "STS gives no session for the device " + options_.serial_number + " (" + error.code() +
              "), so every role needs a one-time code of its own, and this one the next code: allow the keys "
              "sts:GetSessionToken to be asked once for all roles."});
  }

  /// With a code for this call alone, if the role wants one.
  Credentials assume_directly(const Credentials& base, const ResolveContext& context) {
    const auto code = claim_code(context);
    bool code_was_sent = false;
    try {
      try {
        return call(base, code, context, code_was_sent);
      } catch (const RequestError& error) {
        if (!aws::refuses_credentials(error.code())) {
          throw;
        }
        base_->invalidate(base.access_key_id());
        if (!code.empty() && code_was_sent) {
          throw;
        }
        auto renewed = resolve_base(context);
        if (renewed == base) {
          throw;
        }
        return call(renewed, code, context, code_was_sent);
      }
    } catch (...) {
      if (!code.empty() && !code_was_sent) {
        providers::UsedTokenCodes::of_process().release(options_.serial_number, code);
      }
      throw;
    }
  }

  [[nodiscard]] static aws::CallLimits limits_of(const ResolveContext& context) {
    return {.stop = context.stop, .deadline = context.deadline};
  }

  Credentials call(const Credentials& base, const SecretString& code, const ResolveContext& context, bool& sent) {
    return client_.get(context)->assume_role(options_, code, base, limits_of(context), sent);
  }

  [[nodiscard]] WallTime service_now() const noexcept { return clock_->now() + skew_->get(); }

  Credentials resolve_base(const ResolveContext& context) {
    auto base = ask_base(context);
    if (base.expired(service_now())) {
      base_->invalidate(base.access_key_id());
      base = ask_base(context);
    }
    if (base.empty()) {
      throw CredentialError{{.message = "The base credentials for AssumeRole lack an access key id or a secret key",
                             .code = "NoBaseCredentials"}};
    }
    if (base.expired(service_now())) {
      throw CredentialError{
          {.message = "The base credentials for AssumeRole have expired: renew them, or give a "
                      "provider that does (options.base)",
           .code = "BaseCredentialsExpired",
           .value = base.access_key_id(),
           .kind = options_.client.credentials ? ErrorKind::non_recoverable : ErrorKind::recoverable}};
    }
    return base;
  }

  Credentials ask_base(const ResolveContext& context) {
    try {
      return base_->resolve(context);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_configured) {
        throw;
      }
      auto fields = error.fields();
      fields.message =
          "There are no credentials to sign AssumeRole with: set AWS_ACCESS_KEY_ID and "
          "AWS_SECRET_ACCESS_KEY, or give client.credentials or a base provider. " +
          fields.message;
      fields.code = "NoBaseCredentials";
      fields.cause = std::current_exception();
      throw CredentialError{std::move(fields)};
    }
  }

  /// A code that no call has sent, taken for this one; empty without MFA.
  SecretString claim_code(const ResolveContext& context) {
    if (!options_.mfa_token_provider) {
      if (!static_code_.empty() &&
          !providers::UsedTokenCodes::of_process().claim(options_.serial_number, static_code_)) {
        throw_code_used(ErrorKind::non_recoverable,
                        "A TokenCode is good for the first refresh only: give an mfa_token_provider instead");
      }
      return static_code_;
    }
    const MfaRequest request{options_.serial_number, context.stop};
    auto code = options_.mfa_token_provider.token(request);
    if (providers::UsedTokenCodes::of_process().claim(options_.serial_number, code)) {
      return code;
    }
    wait_for_next_step(context);
    code = options_.mfa_token_provider.token(request);
    if (!providers::UsedTokenCodes::of_process().claim(options_.serial_number, code)) {
      throw_code_used(ErrorKind::recoverable,
                      "The mfa_token_provider answered with it again after the next time step: check that it makes a "
                      "new code each time");
    }
    return code;
  }

  /// By the local clock: that is what makes the codes, here or in a person's hand.
  void wait_for_next_step(const ResolveContext& context) const {
    const auto now = clock_->now().time_since_epoch();
    const auto delay = std::chrono::ceil<std::chrono::milliseconds>(kTimeStep - now % kTimeStep);
    if (context.deadline - clock_->steady_now() <= delay) {
      throw_code_used(ErrorKind::recoverable, "The next one comes too late for this call: try again in " +
                                                  std::to_string(delay.count() / 1000 + 1) + " s");
    }
    if (!wait_(delay, context.stop)) {
      throw ConnectionError{{.message = "The wait for the next one-time code was cancelled",
                             .code = "Cancelled",
                             .kind = ErrorKind::cancelled}};
    }
  }

  AssumeRoleOptions options_;
  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<const ClockSkew> skew_;
  const aws::Waiter wait_;
  const SecretString static_code_;
  const std::shared_ptr<CredentialsProvider> base_;
  providers::CurrentStsClient client_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> providers::make_assume_role_provider(AssumeRoleOptions options,
                                                                          ProviderSeams seams, aws::RetrySeams retry) {
  options.validate();
  if (options.mfa_token_provider && !options.token_code.empty()) {
    warn({"sts.token_code", "Both TokenCode and mfa_token_provider are given: the provider is asked."});
  }
  constexpr std::chrono::seconds kShortestByAws{900};
  if (options.duration && *options.duration < kShortestByAws) {
    warn({"sts.duration", "DurationSeconds below 900 is refused by AWS; other STS servers take it."});
  }
  auto all = std::move(seams).completed();
  return std::make_shared<AssumeRoleProvider>(std::move(options), std::move(all), std::move(retry));
}

std::shared_ptr<CredentialsProvider> make_assume_role_provider(AssumeRoleOptions options, ProviderSeams seams) {
  return providers::make_assume_role_provider(std::move(options), std::move(seams), {});
}

Identity get_caller_identity(const Credentials& credentials, const StsClientOptions& options, ProviderSeams seams,
                             const std::stop_token& stop) {
  if (credentials.empty()) {
    throw CredentialError{{.message = "There are no credentials to ask STS about: an access key id or a secret key is "
                                      "missing",
                           .code = "NoCredentials"}};
  }
  auto all = std::move(seams).completed();
  providers::CurrentStsClient client{options, all, {}};
  return client.get({.stop = stop})->get_caller_identity(credentials, {.stop = stop});
}

}  // namespace aws_refresh_session
