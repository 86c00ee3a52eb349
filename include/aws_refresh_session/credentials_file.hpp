#pragma once

/// \file
/// Credentials for programs that know nothing but files: a profile of an AWS credentials file.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <stop_token>
#include <string>

namespace aws_refresh_session {

struct CredentialsFileOptions {
  /// Empty: AWS_SHARED_CREDENTIALS_FILE, else `.aws/credentials` in the home directory.
  std::string path{};
  /// The profile to write. Printable ASCII without blanks, brackets, quotes, `#` and `;`.
  std::string profile = "default";
  /// Replaces keys without a session token, too. They cannot be had again: without this they are refused, except for
  /// those of the id in `replaceable_key_id`.
  bool replace_lasting_keys = false;
  std::string replaceable_key_id{};
};

/// The file that would be written: what the options, the environment or the home directory say, symbolic links
/// followed. Empty if there is no home directory.
[[nodiscard]] std::string credentials_file_path(const CredentialsFileOptions& options, const ProviderSeams& seams = {});

/// Writes `aws_access_key_id`, `aws_secret_access_key` and, where the set has them, `aws_session_token`,
/// `aws_account_id` and `aws_credential_expiration` (which no SDK reads, but people do) at the head of the profile. Old
/// ones of these, and an `aws_security_token`, which botocore would prefer, are taken out; all else in the file stays
/// byte for byte. A profile that does not exist is added at the end.
///
/// The file is replaced in one step by one of mode 0600, under an exclusive lock (`FILE.lock`, which stays) that this
/// library's writers heed: readers see the old content or the new. A missing directory is made, of mode 0700.
/// Thread-safe.
/// \throws ValidationError for a profile name or a value that the file could not hold, an empty set, or lasting keys
///   that would be lost (param `profile`); ConfigurationError of code `ConfigFileMalformed` for a file that cannot be
///   understood, `CredentialsFileShadowed` for a profile whose own `role_arn`, `sso_*` or `web_identity_token_file`
///   goes before keys, `CredentialsFileUnwritable` or `CredentialsFileLocked` (kind recoverable); of kind cancelled
///   after `stop`. The file is then untouched
void write_credentials_file(const Credentials& credentials, const CredentialsFileOptions& options,
                            const ProviderSeams& seams = {}, const std::stop_token& stop = {});

}  // namespace aws_refresh_session
