#include <aws_refresh_session/providers/process.hpp>

#include "core/process.hpp"
#include "core/shell_words.hpp"
#include "providers/credentials_json.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using Outcome = core::ProcessResult::Outcome;

constexpr std::string_view kParam = "credential_process";

ErrorFields fields_of(std::string_view code, std::string_view message, ErrorKind kind, std::string details) {
  ErrorFields fields;
  fields.message = message;
  fields.code = code;
  fields.param = kParam;
  fields.details = std::move(details);
  fields.kind = kind;
  return fields;
}

[[noreturn]] void fail(std::string_view code, std::string_view message, ErrorKind kind, std::string details = {}) {
  throw CredentialError{fields_of(code, message, kind, std::move(details))};
}

[[noreturn]] void fail_to_start(int error) {
  auto details = std::generic_category().message(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      fail("ProcessNotFound",
           "The credential process was not found: check its path; ~ and variables are not expanded, write them out",
           ErrorKind::non_recoverable, std::move(details));
    case EACCES:
    case EPERM:
      fail("ProcessNotPermitted", "The credential process may not be run: check that it is executable",
           ErrorKind::non_recoverable, std::move(details));
    default:
      fail("ProcessFailed", "The credential process could not be run: the operating system refused",
           ErrorKind::recoverable, std::move(details));
  }
}

/// Returns if the program ended with status 0.
void check(const core::ProcessResult& result, std::chrono::milliseconds timeout) {
  constexpr std::string_view kFailed =
      "The credential process failed: see what it wrote to standard error, or run it by hand";
  switch (result.outcome) {
    case Outcome::exited:
      if (result.exit_status != 0) {
        fail("ProcessFailed", kFailed, ErrorKind::recoverable, "exit status " + std::to_string(result.exit_status));
      }
      return;
    case Outcome::signalled:
      fail("ProcessFailed", kFailed, ErrorKind::recoverable, "ended by signal " + std::to_string(result.signal));
    case Outcome::timed_out:
      fail("ProcessTimeout",
           "The credential process did not end in time and was killed: allow more time, or see what it waits for",
           ErrorKind::recoverable, "after " + std::to_string(timeout.count()) + " ms");
    case Outcome::cancelled:
      fail("Cancelled", "The credential process was stopped", ErrorKind::cancelled);
    case Outcome::too_much_output:
      fail("ProcessOutputTooLarge",
           "The credential process printed too much and was killed: it should print one JSON object",
           ErrorKind::non_recoverable, "more than " + std::to_string(core::ProcessResult::kMaxOutput) + " bytes");
    case Outcome::failed:
      fail_to_start(result.error);
  }
}

/// How many credential processes deep this process is. One that asks for the profile it stands in would start itself
/// for ever, each in a process group of its own that no time limit of the first reaches.
constexpr std::string_view kDepth = "AWS_REFRESH_SESSION_PROCESS_DEPTH";

/// The words of the command. Zeroed at the end: an argument may be a secret.
struct Words {
  std::vector<std::string> values;

  explicit Words(std::string_view command) {
    auto split = core::split_shell_words(command);
    if (!split) {
      throw ConfigurationError{fields_of("ProcessCommandMalformed",
                                         "The credential process cannot be split into words: close every quote, and "
                                         "put something behind every backslash",
                                         ErrorKind::non_recoverable, {})};
    }
    values = std::move(*split);
    if (values.empty() || values.front().empty()) {
      throw ConfigurationError{fields_of("ProcessCommandEmpty", "The credential process is empty: name a program",
                                         ErrorKind::non_recoverable, {})};
    }
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  ~Words() {
    std::for_each(values.begin(), values.end(), [](std::string& each) { wipe(each); });
  }
};

class ProcessProvider final : public CredentialsProvider {
 public:
  ProcessProvider(ProcessOptions options, ProviderSeams seams)
      : words_(options.command),
        timeout_(options.timeout),
        account_id_(std::move(options.account_id)),
        clock_(seams.clock ? std::move(seams.clock) : system_clock()),
        environment_(seams.environment ? std::move(seams.environment) : process_environment()),
        skew_(std::move(seams.skew)) {
    wipe(options.command);
    if (timeout_ <= std::chrono::milliseconds::zero()) {
      throw ValidationError{{.message = "The time limit of the credential process must be longer than zero",
                             .code = "InvalidParameter",
                             .param = "timeout"}};
    }
  }

  Credentials resolve(const ResolveContext& context) override {
    const auto timeout = time_left(context);
    core::ProcessOptions run;
    run.arguments = words_.values;
    run.more_environment = {{std::string{kDepth}, next_depth()}};
    run.timeout = timeout;
    const auto result = core::run_process(run, context.stop);
    std::for_each(run.arguments.begin(), run.arguments.end(), [](std::string& each) { wipe(each); });
    check(result, timeout);
    auto credentials = providers::parse_credentials_json(result.output, providers::CredentialsJson::process, name(),
                                                         "ProcessOutputMalformed");
    if (credentials.expired(clock_->now() + (skew_ ? skew_->get() : std::chrono::milliseconds{0}))) {
      fail("ExpiredCredentials",
           "The credential process printed credentials that have expired already: look at its cache and at the clock",
           ErrorKind::recoverable);
    }
    if (credentials.account_id().empty() && !account_id_.empty()) {
      return {credentials.access_key_id(),
              credentials.secret_access_key().reveal(),
              credentials.session_token().reveal(),
              credentials.expiration(),
              account_id_,
              name()};
    }
    return credentials;
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "process"; }

 private:
  /// \throws ConfigurationError of code `ProcessLoop` when it is deep enough to be no accident
  [[nodiscard]] std::string next_depth() const {
    constexpr std::string_view kDeepest = "4";
    const auto depth = environment_->get(kDepth).value_or("0");
    if (depth.size() != 1 || depth < "0" || depth >= kDeepest) {
      throw ConfigurationError{
          fields_of("ProcessLoop",
                    "The credential process asks for the profile that names it: let it name another profile, or keys",
                    ErrorKind::non_recoverable, {})};
    }
    return std::string{static_cast<char>(depth.front() + 1)};
  }

  /// What the program may take: nobody would wait for its answer longer than that.
  [[nodiscard]] std::chrono::milliseconds time_left(const ResolveContext& context) const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline - clock_->steady_now());
    if (left <= std::chrono::milliseconds::zero()) {
      fail("ProcessTimeout", "No time was left to run the credential process", ErrorKind::recoverable);
    }
    return std::min(timeout_, left);
  }

  const Words words_;
  const std::chrono::milliseconds timeout_;
  const std::string account_id_;
  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<const Environment> environment_;
  const std::shared_ptr<ClockSkew> skew_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> make_process_provider(ProcessOptions options, ProviderSeams seams) {
  return std::make_shared<ProcessProvider>(std::move(options), std::move(seams));
}

}  // namespace aws_refresh_session
