#pragma once

/// \file
/// Method "profile": credentials as a profile of ~/.aws/config and ~/.aws/credentials describes them.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html

#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <memory>
#include <string>

namespace aws_refresh_session {

struct ProfileOptions {
  /// Empty: AWS_PROFILE, then AWS_DEFAULT_PROFILE, then `default`.
  std::string profile{};
  /// Answers for profiles with `mfa_serial`. None: such a profile is an error that says so.
  MfaTokenProvider mfa_token_provider{};
  /// How to reach STS; what is left empty comes from the environment and the profile.
  StsClientOptions client{};
};

/// One profile, whatever it describes. In this order: an assumed role (`role_arn` with `source_profile` or
/// `credential_source`, chains of any length), a web identity, SSO, static keys of the credentials file, `aws login`
/// (`login_session`), `credential_process`, static keys of the config file. The files are looked at again at every
/// `resolve`, and parsed again when they have changed.
/// What the provider throws: CredentialError of kind not_configured and code `ProfileNotFound` or
/// `NoCredentials` when the profile is missing or describes no credentials; ConfigurationError, with file and line, for
/// files and profiles that contradict themselves; else what the described source throws.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_profile_provider(ProfileOptions options = {},
                                                                         ProviderSeams seams = {});

}  // namespace aws_refresh_session
