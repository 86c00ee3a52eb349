#include "core/private_file.hpp"
#include "profile/file_locations.hpp"

#include <aws_refresh_session/credential_cache.hpp>

#include <unistd.h>

#include <array>
#include <string>
#include <system_error>
#include <utility>

namespace aws_refresh_session {
namespace {

/// What decides which credentials are found, and what they are. The library's own settings decide neither.
constexpr std::array kVariables{"AWS_ACCESS_KEY_ID",
                                "AWS_SECRET_ACCESS_KEY",
                                "AWS_SESSION_TOKEN",
                                "AWS_PROFILE",
                                "AWS_DEFAULT_PROFILE",
                                "AWS_REGION",
                                "AWS_DEFAULT_REGION",
                                "AWS_ROLE_ARN",
                                "AWS_ROLE_SESSION_NAME",
                                "AWS_WEB_IDENTITY_TOKEN_FILE",
                                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                "AWS_EC2_METADATA_DISABLED",
                                "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                "AWS_LOGIN_CACHE_DIRECTORY",
                                "AWS_ENDPOINT_URL",
                                "AWS_ENDPOINT_URL_STS",
                                "AWS_ENDPOINT_URL_SSO",
                                "AWS_ENDPOINT_URL_SSO_OIDC",
                                "AWS_ENDPOINT_URL_SIGNIN",
                                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                "AWS_USE_FIPS_ENDPOINT",
                                "AWS_USE_DUALSTACK_ENDPOINT",
                                "AWS_STS_REGIONAL_ENDPOINTS",
                                "AWS_CA_BUNDLE",
                                "HOME"};

/// Larger ones cannot be used as a config file either.
constexpr std::size_t kLargestFile = std::size_t{16} * 1024 * 1024;

}  // namespace

CacheKey with_aws_settings(CacheKey key, const Environment& environment) {
  key.with("uid", std::to_string(::geteuid()));
  for (const auto* name : kVariables) {
    if (auto value = environment.get(name)) {
      key.with(name, *value);
      wipe(*value);
    }
  }
  const auto locations = profile::locate_files(environment);
  for (const auto& [name, path] :
       {std::pair{"config", &locations.config}, std::pair{"credentials", &locations.credentials}}) {
    key.with(name, *path);
    try {
      key.with("content", core::read_private_file(*path, kLargestFile).reveal());
    } catch (const std::system_error& error) {
      // The source will say what is wrong with the file, where it needs it.
      key.with("error", std::to_string(error.code().value()));
    }
  }
  return key;
}

}  // namespace aws_refresh_session
