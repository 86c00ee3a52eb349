#include <aws_refresh_session/profiles.hpp>

#include "profile/file_locations.hpp"
#include "profile/settings.hpp"
#include "profile/shared_config.hpp"
#include "providers/profile_plan.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session {
namespace {

ProfileSummary summarize(const profile::SharedConfig& files, std::string_view name,
                         const std::shared_ptr<const Environment>& environment) {
  const auto* const section = files.profile(name);
  ProfileSummary summary{.name = std::string{name}, .place = files.place(*section)};
  for (const auto& property : section->properties()) {
    summary.keys.push_back({std::string{property.key}, files.place(property)});
  }
  try {
    summary.source = providers::describe(providers::plan_profile(profile::Settings::load(environment, name)));
  } catch (const Error& error) {
    // A profile that has only a region is no mistake.
    if (error.kind() != ErrorKind::not_configured) {
      summary.problem = error.clone();
    }
  }
  return summary;
}

}  // namespace

SharedFilesSummary summarize_shared_files(const ProviderSeams& seams) {
  const auto all = ProviderSeams{seams}.completed();
  const auto files = profile::load_shared_config(profile::locate_files(*all.environment));
  SharedFilesSummary summary{.config_file = files->locations().config,
                             .credentials_file = files->locations().credentials};
  for (const auto name : files->profile_names()) {
    summary.profiles.push_back(summarize(*files, name, all.environment));
  }
  return summary;
}

}  // namespace aws_refresh_session
