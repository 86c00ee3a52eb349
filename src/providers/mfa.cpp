#include "core/process.hpp"
#include "core/shell_words.hpp"
#include "providers/one_time_code.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace aws_refresh_session {
namespace {

using Outcome = core::ProcessResult::Outcome;

constexpr std::string_view kParam = "mfa_token_provider";

[[noreturn]] void fail(std::string_view code, std::string_view message, ErrorKind kind, std::string details = {},
                       std::exception_ptr cause = nullptr) {
  ErrorFields fields;
  fields.message = message;
  fields.code = code;
  fields.param = kParam;
  fields.details = std::move(details);
  fields.kind = kind;
  fields.cause = std::move(cause);
  throw ConfigurationError{std::move(fields)};
}

/// A command as it is kept. Zeroed at the end: any part of it may be a secret.
struct Command : core::ProcessOptions {
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() {
    std::for_each(arguments.begin(), arguments.end(), [](std::string& each) { wipe(each); });
    if (environment) {
      std::for_each(environment->begin(), environment->end(), [](auto& each) { wipe(each.second); });
    }
    wipe(input);
  }
};

bool holds_nul(std::string_view text) noexcept {
  return text.find('\0') != std::string_view::npos;
}

/// Refuses what exec could not pass on as it stands.
void check(const Command& command) {
  if (command.arguments.empty() || command.arguments.front().empty()) {
    fail("MfaCommandEmpty", "The MFA command is empty: name a program", ErrorKind::non_recoverable);
  }
  const bool bad_argument = std::any_of(command.arguments.begin(), command.arguments.end(), holds_nul);
  const bool bad_variable = command.environment &&
                            std::any_of(command.environment->begin(), command.environment->end(), [](const auto& each) {
                              return each.first.empty() || each.first.find('=') != std::string::npos ||
                                     holds_nul(each.first) || holds_nul(each.second);
                            });
  if (bad_argument || bad_variable || holds_nul(command.working_directory)) {
    fail("MfaCommandMalformed",
         "The MFA command cannot be run: an argument, a variable or the directory holds a NUL byte, or a variable's "
         "name is empty or holds '='",
         ErrorKind::non_recoverable);
  }
  if (command.timeout <= std::chrono::milliseconds{0}) {
    fail("MfaCommandMalformed", "The MFA command's time limit must be longer than zero", ErrorKind::non_recoverable);
  }
}

[[noreturn]] void fail_to_start(const core::ProcessResult& result) {
  auto details = std::generic_category().message(result.error);
  if (result.bad_directory) {
    fail("MfaCommandError", "The MFA command's working directory cannot be entered: check working_directory",
         ErrorKind::non_recoverable, std::move(details));
  }
  switch (result.error) {
    case ENOENT:
      fail("MfaCommandNotFound", "The MFA command was not found: check its name and PATH", ErrorKind::non_recoverable,
           std::move(details));
    case EACCES:
    case EPERM:
      fail("MfaCommandNotPermitted", "The MFA command may not be run: check that it is executable",
           ErrorKind::non_recoverable, std::move(details));
    default:
      fail("MfaCommandError", "The MFA command could not be run: the operating system refused",
           ErrorKind::non_recoverable, std::move(details));
  }
}

/// Returns if the program ended with status 0.
void check(const core::ProcessResult& result, std::chrono::milliseconds timeout) {
  constexpr std::string_view kFailed = "The MFA command failed: run it by hand and see what it prints";
  switch (result.outcome) {
    case Outcome::exited:
      if (result.exit_status != 0) {
        fail("MfaCommandFailed", kFailed, ErrorKind::recoverable, "exit status " + std::to_string(result.exit_status));
      }
      return;
    case Outcome::signalled:
      fail("MfaCommandFailed", kFailed, ErrorKind::recoverable, "ended by signal " + std::to_string(result.signal));
    case Outcome::timed_out:
      fail("MfaCommandTimeout",
           "The MFA command did not end in time and was killed: allow more time, or see what it "
           "waits for",
           ErrorKind::recoverable, "after " + std::to_string(timeout.count()) + " ms");
    case Outcome::cancelled:
      fail("Cancelled", "The MFA command was stopped", ErrorKind::cancelled);
    case Outcome::too_much_output:
      fail("MfaCommandError", "The MFA command printed too much and was killed: it should print the code",
           ErrorKind::recoverable, "more than " + std::to_string(core::ProcessResult::kMaxOutput) + " bytes");
    case Outcome::failed:
      fail_to_start(result);
  }
}

std::string run(const Command& command, const std::stop_token& stop) {
  const auto result = core::run_process(command, stop);
  check(result, command.timeout);
  const auto code = providers::find_one_time_code(result.output);
  if (!code) {
    fail("MfaTokenNotFound",
         "The MFA command printed no one-time code: it must print a number of six digits that stands alone",
         ErrorKind::recoverable);
  }
  return std::string{*code};  // six characters stay within the string itself; `token` zeroes them
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// A callable's own Error comes out as it is.
std::string ask(const MfaTokenProvider::Callable& callable, const MfaRequest& request) {
  try {
    return callable(request);
  } catch (const Error&) {
    throw;
  } catch (...) {
    fail("MfaTokenProviderFailed",
         "The callable that gives one-time codes failed: see the exception it threw, which is this error's cause",
         ErrorKind::recoverable, {}, std::current_exception());
  }
}

}  // namespace

MfaTokenProvider MfaTokenProvider::from_callable(Callable callable, bool interactive) {
  if (!callable) {
    fail("MissingParameter", "An MFA token provider needs a callable that can be called", ErrorKind::non_recoverable);
  }
  MfaTokenProvider provider;
  provider.ask_ = std::move(callable);
  provider.interactive_ = interactive;
  return provider;
}

MfaTokenProvider MfaTokenProvider::from_command(std::vector<std::string> arguments) {
  return from_command(std::move(arguments), CommandOptions{});
}

MfaTokenProvider MfaTokenProvider::from_command(std::vector<std::string> arguments, CommandOptions options) {
  auto command = std::make_shared<Command>();
  command->arguments = std::move(arguments);
  command->environment = std::move(options.environment);
  command->working_directory = std::move(options.working_directory);
  command->input = std::move(options.input);
  command->timeout = options.timeout;
  check(*command);
  MfaTokenProvider provider;
  provider.ask_ = [command = std::shared_ptr<const Command>{std::move(command)}](const MfaRequest& request) {
    return run(*command, request.stop);
  };
  return provider;
}

MfaTokenProvider MfaTokenProvider::from_command_line(std::string_view command_line) {
  return from_command_line(command_line, CommandOptions{});
}

MfaTokenProvider MfaTokenProvider::from_command_line(std::string_view command_line, CommandOptions options) {
  auto words = core::split_shell_words(command_line);
  if (!words) {
    fail("MfaCommandMalformed",
         "The MFA command line cannot be split into words: close every quote, and put something behind every backslash",
         ErrorKind::non_recoverable);
  }
  return from_command(std::move(*words), std::move(options));
}

SecretString MfaTokenProvider::token(const MfaRequest& request) const {
  if (!ask_) {
    fail("MissingParameter", "There is no MFA token provider to ask: set one", ErrorKind::non_recoverable);
  }
  auto answer = ask(ask_, request);
  const bool valid = providers::is_one_time_code(trim(answer));
  SecretString code{valid ? trim(answer) : std::string_view{}};
  wipe(answer);
  if (!valid) {
    fail("MfaTokenInvalid", "The MFA token provider's answer is no one-time code: it must be six digits",
         ErrorKind::recoverable);
  }
  return code;
}

}  // namespace aws_refresh_session
