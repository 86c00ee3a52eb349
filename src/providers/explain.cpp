#include <aws_refresh_session/explain.hpp>

#include "providers/client_settings.hpp"

#include <utility>

namespace aws_refresh_session {

ClientExplanation explain_sts_client(const StsClientOptions& options, const ProviderSeams& seams,
                                     const std::stop_token& stop) {
  aws::validate(options);
  const auto all = ProviderSeams{seams}.completed();
  const auto settings = profile::Settings::load(all.environment, options.profile);
  auto client = providers::resolve_sts_client(options, settings, all, {.stop = stop});
  const auto configured = providers::configured_region(options.region, settings);
  const auto origin = !options.profile.empty()            ? std::string{"option profile"}
                      : settings.profile_origin().empty() ? std::string{"default"}
                                                          : settings.profile_origin();
  return {.profile = {settings.profile_name(), origin},
          .profile_exists = settings.profile() != nullptr,
          .config_file = settings.files().locations().config,
          .credentials_file = settings.files().locations().credentials,
          .region = {configured ? configured->value : client.resolved.endpoint.signing_region,
                     std::move(client.region_origin)},
          .endpoint = {client.resolved.endpoint.url, std::move(client.endpoint_origin)},
          .ca_bundle = std::move(client.resolved.ca_bundle),
          .max_attempts = client.resolved.max_attempts};
}

}  // namespace aws_refresh_session
