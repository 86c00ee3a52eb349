#pragma once

/// \file
/// From the source options to something that gives credentials.

#include "cli/command_line.hpp"
#include "cli/output.hpp"

#include <aws_refresh_session/session.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {

/// \throws UsageError
[[nodiscard]] StsClientOptions client_options(const SourceArguments& arguments);

/// Reads the file of a `file://` policy. Without a code or a command, a serial number gets no token provider here.
/// \throws UsageError
[[nodiscard]] AssumeRoleOptions assume_role_options(const SourceArguments& arguments);

/// Everything that was given, for a method chosen by name: snake-case names, lists joined by commas.
/// \throws UsageError
[[nodiscard]] MethodParameters method_parameters(const SourceArguments& arguments);

/// \throws UsageError
[[nodiscard]] RefreshOptions refresh_options(const RefreshArguments& arguments, RefreshOptions defaults = {});

/// The option that sets the parameter an error names (`RoleArn` or `role_arn`: `--role-arn`); empty if there is none.
[[nodiscard]] std::string option_of_parameter(std::string_view parameter);

class CachedSource;

/// A source of credentials, ready to be asked.
struct Source {
  std::shared_ptr<CredentialsProvider> provider;
  /// How to ask STS who the credentials belong to.
  StsClientOptions client;
  ProviderSeams seams;
  /// The cache that `provider` is behind; null without one.
  std::shared_ptr<const CachedSource> cached;
  /// What was walked to find them; null for a method by name.
  std::shared_ptr<DefaultChain> chain;
  /// For a method by name: keeps its provider alive and knows its identity.
  std::unique_ptr<RefreshableSession> session;

  /// Asks once; a person may be asked, too.
  /// \throws Error
  [[nodiscard]] Credentials credentials(const std::stop_token& stop) const;

  /// The same, for programs that use them at once.
  /// \throws CredentialError also for keys that are missing or have ended
  [[nodiscard]] Credentials usable_credentials(const std::stop_token& stop) const;

  /// The engine on this source, for commands that keep credentials. The source must have been made with the same
  /// options.
  [[nodiscard]] std::shared_ptr<RefreshingCredentialsProvider> kept_fresh(const RefreshOptions& options) const;
};

/// For commands that ask once: no thread refreshes anything.
[[nodiscard]] RefreshOptions read_once();

/// \param messages told of every HTTP attempt; must outlive the source
/// \param refresh of a method by name
/// \throws UsageError, Error
[[nodiscard]] Source make_source(const SourceArguments& arguments, Messages& messages,
                                 const RefreshOptions& refresh = read_once());

}  // namespace aws_refresh_session::cli
