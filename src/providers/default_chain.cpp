#include <aws_refresh_session/providers/default_chain.hpp>

#include "core/fork.hpp"
#include "core/mutex.hpp"
#include "providers/profile.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/providers/container.hpp>
#include <aws_refresh_session/providers/imds.hpp>
#include <aws_refresh_session/providers/web_identity.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace aws_refresh_session {
namespace {

struct Source {
  std::string_view name;
  /// Null for one that is left out, for a reason.
  std::shared_ptr<CredentialsProvider> provider;
  std::string_view left_out_because{};
};

[[noreturn]] void throw_nothing_found(const std::vector<SourceReport>& reports) {
  ErrorFields fields;
  fields.message =
      "No credentials were found. Configure one of the sources: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
      "choose "
      "a profile with AWS_PROFILE, or run where a role is given (container, EC2 instance)";
  fields.code = "NoCredentials";
  fields.kind = ErrorKind::not_configured;
  for (const auto& report : reports) {
    fields.details.append(fields.details.empty() ? "" : "; ").append(report.source).append(": ").append(report.reason);
  }
  throw CredentialError{std::move(fields)};
}

/// The same error, told apart by the source it comes from.
std::string reason_of(const Error& error) {
  return error.code().empty() ? error.message() : error.message() + " (" + error.code() + ")";
}

/// The profile if it assumes a role: that goes before a web identity of the environment, what else it may be after.
class RoleOfProfile final : public CredentialsProvider {
 public:
  explicit RoleOfProfile(std::shared_ptr<providers::ProfileProvider> profile) : profile_(std::move(profile)) {}

  [[nodiscard]] Credentials resolve(const ResolveContext& context) override {
    if (!profile_->assumes_role()) {
      throw CredentialError{
          {.message = "The profile assumes no role", .code = "NoCredentials", .kind = ErrorKind::not_configured}};
    }
    return profile_->resolve(context);
  }
  [[nodiscard]] std::string_view name() const noexcept override { return profile_->name(); }
  [[nodiscard]] bool interactive() const noexcept override { return profile_->interactive(); }
  void invalidate(std::string_view access_key_id) override { profile_->invalidate(access_key_id); }
  [[nodiscard]] std::string description() const { return profile_->description(); }

 private:
  std::shared_ptr<providers::ProfileProvider> profile_;
};

/// With what the profile says, if it is one.
std::string describe_answer(const Credentials& credentials, const CredentialsProvider& provider) {
  auto text = credentials.access_key_id();
  if (const auto* role = dynamic_cast<const RoleOfProfile*>(&provider)) {
    text += ": " + role->description();
  } else if (const auto* profile = dynamic_cast<const providers::ProfileProvider*>(&provider)) {
    text += ": " + profile->description();
  }
  return text;
}

}  // namespace

std::string_view to_string(SourceReport::Outcome outcome) noexcept {
  switch (outcome) {
    case SourceReport::Outcome::answered:
      return "answered";
    case SourceReport::Outcome::not_configured:
      return "not configured";
    case SourceReport::Outcome::failed:
      return "failed";
    case SourceReport::Outcome::not_asked:
      return "not asked";
  }
  return "unknown";
}

struct DefaultChain::State final : public core::ForkParticipant {
  State(const DefaultChainOptions& options, const ProviderSeams& seams);
  ~State() override { leave_fork_registry(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex.unlock(); }

  [[nodiscard]] std::optional<std::size_t> last_winner() const ARS_EXCLUDES(mutex) {
    const core::MutexLock lock{mutex};
    return winner;
  }
  /// A file that is being written anew is empty or gone for a moment. Credentials of another identity must not take
  /// the place of its keys for that: true until they have been missing for longer.
  [[nodiscard]] bool may_be_back_soon(std::size_t source) ARS_EXCLUDES(mutex) {
    constexpr std::chrono::seconds kMoment{2};
    if (!sources[source].provider->recheck_after()) {
      return false;
    }
    const auto now = clock->steady_now();
    const core::MutexLock lock{mutex};
    missing_since = missing_since.value_or(now);
    return now - *missing_since < kMoment;
  }
  void found() ARS_EXCLUDES(mutex) {
    const core::MutexLock lock{mutex};
    missing_since.reset();
  }
  void remember(std::optional<std::size_t> source, std::vector<SourceReport> walked) ARS_EXCLUDES(mutex) {
    const core::MutexLock lock{mutex};
    winner = source;
    missing_since.reset();
    reports = std::move(walked);
  }

  std::shared_ptr<const Clock> clock;
  std::shared_ptr<const Environment> environment;
  /// False when a profile was chosen in code.
  bool environment_counts = false;
  std::shared_ptr<providers::ProfileProvider> profile;
  std::vector<Source> sources;
  mutable core::Mutex mutex;
  std::optional<std::size_t> winner ARS_GUARDED_BY(mutex);
  std::optional<SteadyTime> missing_since ARS_GUARDED_BY(mutex);
  std::vector<SourceReport> reports ARS_GUARDED_BY(mutex);
};

DefaultChain::State::State(const DefaultChainOptions& options, const ProviderSeams& seams)
    : clock(seams.clock), environment(seams.environment), environment_counts(options.profile.empty()) {
  const auto& chosen = options.profile;
  constexpr std::string_view kProfileChosen = "a profile was chosen in code";
  profile = std::make_shared<providers::ProfileProvider>(
      ProfileOptions{.profile = chosen, .mfa_token_provider = options.mfa_token_provider, .client = options.client},
      seams, aws::RetrySeams{});
  if (chosen.empty()) {
    sources.push_back({"environment", make_environment_provider(seams.environment)});
    sources.push_back({"role_profile", std::make_shared<RoleOfProfile>(profile)});
    WebIdentityOptions web_identity;
    web_identity.client = options.client;
    sources.push_back({"web_identity", make_web_identity_provider(std::move(web_identity), seams)});
  } else {
    sources.push_back({"environment", nullptr, kProfileChosen});
    sources.push_back({"role_profile", std::make_shared<RoleOfProfile>(profile)});
    sources.push_back({"web_identity", nullptr, kProfileChosen});
  }
  sources.push_back({"profile", profile});
  sources.push_back({"container", make_container_provider({.ca_bundle = options.client.ca_bundle}, seams)});
  sources.push_back({"imds", make_imds_provider({.profile = chosen}, seams)});
  join_fork_registry();
}

DefaultChain::DefaultChain(const DefaultChainOptions& options, ProviderSeams seams)
    : state_(std::make_unique<State>(options, std::move(seams).completed())) {}

DefaultChain::~DefaultChain() = default;

bool DefaultChain::finds_static_keys() const noexcept {
  try {
    if (state_->environment_counts) {
      if (state_->environment->get("AWS_ACCESS_KEY_ID") || state_->environment->get("AWS_SECRET_ACCESS_KEY")) {
        return true;
      }
      if (state_->environment->get("AWS_WEB_IDENTITY_TOKEN_FILE")) {
        return false;
      }
    }
    return state_->profile->holds_keys();
  } catch (const std::exception&) {
    return false;
  }
}

Credentials DefaultChain::resolve(const ResolveContext& context) {
  if (const auto winner = state_->last_winner()) {
    try {
      auto credentials = state_->sources[*winner].provider->resolve(context);
      state_->found();
      return credentials;
    } catch (const Error& error) {
      // What was configured is not any more: somebody may have configured another source instead.
      if (error.kind() != ErrorKind::not_configured) {
        throw;
      }
      if (state_->may_be_back_soon(*winner)) {
        auto fields = error.fields();
        fields.message = "The keys that were in use are not there at the moment: " + fields.message +
                         " They are looked for once more before another source is asked.";
        fields.kind = ErrorKind::recoverable;
        throw CredentialError{std::move(fields)};
      }
    }
  }
  std::vector<SourceReport> reports;
  reports.reserve(state_->sources.size());
  for (const auto& source : state_->sources) {
    reports.push_back({.source = std::string{source.name}, .reason = std::string{source.left_out_because}});
  }
  for (std::size_t index = 0; index < state_->sources.size(); ++index) {
    auto& report = reports[index];
    if (!state_->sources[index].provider) {
      continue;
    }
    try {
      auto credentials = state_->sources[index].provider->resolve(context);
      report.outcome = SourceReport::Outcome::answered;
      report.reason = describe_answer(credentials, *state_->sources[index].provider);
      state_->remember(index, std::move(reports));
      return credentials;
    } catch (const Error& error) {
      report.reason = reason_of(error);
      if (error.kind() == ErrorKind::not_configured) {
        report.outcome = SourceReport::Outcome::not_configured;
        continue;
      }
      report.outcome = SourceReport::Outcome::failed;
      state_->remember(std::nullopt, std::move(reports));
      throw;
    }
  }
  state_->remember(std::nullopt, reports);
  throw_nothing_found(reports);
}

bool DefaultChain::interactive() const noexcept {
  return std::any_of(state_->sources.begin(), state_->sources.end(),
                     [](const Source& source) { return source.provider && source.provider->interactive(); });
}

void DefaultChain::invalidate(std::string_view access_key_id) {
  for (const auto& source : state_->sources) {
    if (source.provider) {
      source.provider->invalidate(access_key_id);
    }
  }
}

std::optional<std::chrono::milliseconds> DefaultChain::recheck_after() const noexcept {
  const auto winner = state_->last_winner();
  return winner ? state_->sources[*winner].provider->recheck_after() : std::nullopt;
}

std::vector<SourceReport> DefaultChain::report() const {
  const core::MutexLock lock{state_->mutex};
  return state_->reports;
}

}  // namespace aws_refresh_session
