#pragma once

/// \file
/// Method "process": credentials that a program prints (`credential_process`).
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace aws_refresh_session {

struct ProcessOptions {
  /// Split into words by the POSIX shell's quoting rules; nothing is expanded, and no shell runs.
  std::string command{};
  /// Then the whole process group is killed.
  std::chrono::milliseconds timeout{60'000};
  /// For a set without an account id.
  std::string account_id{};
};

/// Runs the program once per `resolve`. Its standard error is this process's own; its output is never shown.
/// \throws ConfigurationError of code `ProcessCommandEmpty` or `ProcessCommandMalformed`; ValidationError for a timeout
/// that is not longer than zero
/// What the provider throws: CredentialError of codes `ProcessNotFound`, `ProcessNotPermitted`, `ProcessTimeout`,
/// `ProcessFailed` (its exit status), `ProcessLoop`, `ProcessOutputTooLarge`, `ProcessOutputMalformed` (which field),
/// `ExpiredCredentials`; cancelled with `Cancelled`. No text holds the command's arguments or its output.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_process_provider(ProcessOptions options,
                                                                         ProviderSeams seams = {});

}  // namespace aws_refresh_session
