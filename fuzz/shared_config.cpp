#include "profile/shared_config.hpp"

#include "fuzzing.hpp"
#include "profile/profile_lines.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <string>
#include <string_view>

namespace ars = aws_refresh_session;
using ars::fuzz::require;
using ars::profile::Property;

namespace {

/// Written out again and read again, a value must be itself. One with a line break is written as its continuation.
std::string write(const Property& property) {
  std::string text{property.key};
  text += " = ";
  for (const char each : property.value) {
    text += each;
    if (each == '\n') {
      text += ' ';
    }
  }
  text += '\n';
  for (const auto& nested : property.nested) {
    text += "  " + write(nested);
  }
  return text;
}

/// A first line that looks like a comment where it is written cannot be written by this program.
bool is_written_exactly(const Property& property) {
  for (const char sign : {'#', ';'}) {
    if (property.value.starts_with(sign)) {
      return false;
    }
  }
  for (const auto& nested : property.nested) {
    if (!is_written_exactly(nested) || nested.key.starts_with('#') || nested.key.starts_with(';')) {
      return false;
    }
  }
  return true;
}

void compare(const Property& left, const Property& right) {
  require(left.key == right.key && left.value == right.value && left.nested.size() == right.nested.size());
  for (std::size_t index = 0; index < left.nested.size(); ++index) {
    compare(left.nested[index], right.nested[index]);
  }
}

void check(const ars::profile::Section& section) {
  std::string text = "[default]\n";
  bool exact = true;
  for (const auto& property : section.properties()) {
    require(!property.key.empty() && section.find(property.key) == &property);
    exact = exact && is_written_exactly(property);
    text += write(property);
  }
  if (!exact) {
    return;
  }
  const auto again = ars::profile::parse_shared_config({}, text, {});
  const auto properties = again->profile("default")->properties();
  require(properties.size() == section.properties().size());
  for (std::size_t index = 0; index < properties.size(); ++index) {
    compare(properties[index], section.properties()[index]);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const auto quiet = ars::set_warning_handler([](const ars::Warning&) {});
  const auto text = ars::fuzz::as_text(data, size);
  // A byte that no text holds parts the config file from the credentials file.
  const auto part = text.find('\xFF');
  const auto config_text = text.substr(0, part);
  const auto credentials_text = part == std::string_view::npos ? std::string_view{} : text.substr(part + 1);
  try {
    const auto config = ars::profile::parse_shared_config(std::string{config_text}, std::string{credentials_text},
                                                          {.config = "/c", .credentials = "/s"});
    for (const auto name : config->profile_names()) {
      const auto* profile = config->profile(name);
      require(profile != nullptr && !name.empty() && profile->name() == name && profile->line() > 0);
      check(*profile);
      if (const auto* session = config->sso_session(name)) {
        check(*session);
      }
      if (const auto* services = config->services(name)) {
        check(*services);
      }
    }
  } catch (const ars::ConfigurationError& error) {
    require(error.code() == "ConfigFileMalformed");
  }
  return 0;
}
