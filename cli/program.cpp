#include "cli/program.hpp"

#include "cli/command_line.hpp"
#include "cli/command_tree.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/source.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <exception>

namespace aws_refresh_session::cli {
namespace {

int status(ExitCode code) noexcept {
  return static_cast<int>(code);
}

ExitCode run(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  switch (line.command) {
    case Command::demo:
      return run_demo(line, messages, stop);
    case Command::whoami:
      return run_whoami(line, messages, stop);
    case Command::process:
      return run_process(line, messages, stop);
    case Command::export_credentials:
      return run_export(line, messages, stop);
    case Command::console:
      return run_console(line, messages, stop);
    case Command::exec:
      return run_exec(line, messages, stop);
    case Command::status:
      return run_status(line, messages, stop);
    case Command::serve:
      return run_serve(line, messages, stop);
    case Command::doctor:
      return run_doctor(line, messages, stop);
    case Command::completion:
      return run_completion(line);
    case Command::version:
      return run_version(line);
    case Command::help:
      write_result(help_text(command_tree(), line.help_for));
      return ExitCode::ok;
  }
  return ExitCode::usage;
}

/// An error of the library, said in the words of the command line.
ExitCode report(const Error& error, Messages& messages) {
  const bool invalid = dynamic_cast<const ValidationError*>(&error) != nullptr;
  // Only where the option is at fault: a service names the parameter of a call that it refused, a profile its key.
  const std::string option = invalid && !error.param().empty() ? option_of_parameter(error.param()) : "";
  messages.error(option.empty() ? std::string{error.what()} : fmt::format("{}: {}", option, error.what()));
  if (invalid) {
    return ExitCode::usage;
  }
  return error.kind() == ErrorKind::recoverable ? ExitCode::recoverable : ExitCode::source_failed;
}

/// Runs the command and says what stopped it.
ExitCode run_and_report(const CommandLine& line, Messages& messages, const Interrupt& interrupt) {
  try {
    return run(line, messages, interrupt.token());
  } catch (const UsageError& error) {
    messages.error(error.what());
    return ExitCode::usage;
  } catch (const OutputError& error) {
    if (error.closed()) {
      return ExitCode::output_closed;
    }
    messages.error(error.what());
    return ExitCode::output_failed;
  } catch (const Error& error) {
    if (interrupt.signal() != 0) {
      return ExitCode::source_failed;
    }
    return report(error, messages);
  }
}

}  // namespace

int run_program(std::span<const std::string> arguments) noexcept {
  try {
    CommandLine line;
    try {
      line = parse_command_line(arguments);
    } catch (const UsageError& error) {
      Messages{{}}.error(error.what());
      return status(ExitCode::usage);
    }

    if (line.output.quiet) {
      // What the program itself reports is enough; who set the variable wants more.
      static_cast<void>(::setenv("AWS_REFRESH_SESSION_LOG", "error", 0));
    }
    Messages messages{line.output};
    const WarningHandler before = set_warning_handler([&messages](const Warning& w) {
      // A place in a file is where a person must look; the others name places in the code.
      messages.warning(w.place.find('/') == std::string::npos ? w.message : w.place + ": " + w.message);
    });
    const int result = [&] {
      catch_broken_pipes();
      const Interrupt interrupt;
      const int ran = status(run_and_report(line, messages, interrupt));
      const bool interrupted = interrupt.signal() != 0 && ran != status(ExitCode::ok);
      return interrupted ? kSignalBase + interrupt.signal() : ran;
    }();
    // The handler refers to `messages`.
    set_warning_handler(before);
    return result;
  } catch (const std::exception& error) {
    // Out of memory, out of descriptors: nothing a subcommand could say more about.
    write_error_stream("aws-refresh-session: ");
    write_error_stream(error.what());
    write_error_stream("\n");
  } catch (...) {
    write_error_stream("aws-refresh-session: stopped by something that is not an error this program knows.\n");
  }
  return status(ExitCode::source_failed);
}

}  // namespace aws_refresh_session::cli
