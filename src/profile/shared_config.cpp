#include "profile/shared_config.hpp"

#include <algorithm>

namespace aws_refresh_session::profile {

const Property* Section::find(std::string_view key) const noexcept {
  const auto found =
      std::find_if(properties_.begin(), properties_.end(), [&](const Property& each) { return each.key == key; });
  return found == properties_.end() ? nullptr : &*found;
}

std::optional<std::string_view> Section::get(std::string_view key) const noexcept {
  const auto* property = find(key);
  return property == nullptr || property->value.empty() ? std::nullopt : std::optional{property->value};
}

namespace {

class Empty final : public SharedConfig {
 public:
  explicit Empty(FileLocations locations) : locations_(std::move(locations)) {}
  const Section* profile(std::string_view) const noexcept override { return nullptr; }
  const Section* sso_session(std::string_view) const noexcept override { return nullptr; }
  const Section* services(std::string_view) const noexcept override { return nullptr; }
  std::vector<std::string_view> profile_names() const override { return {}; }
  std::string place(FileKind, int) const override { return {}; }
  const FileLocations& locations() const noexcept override { return locations_; }

 private:
  FileLocations locations_;
};

}  // namespace

std::shared_ptr<const SharedConfig> load_shared_config(const FileLocations& locations) {
  return std::make_shared<Empty>(locations);
}

}  // namespace aws_refresh_session::profile
