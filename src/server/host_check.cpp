#include "server/host_check.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace aws_refresh_session::server {
namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool equal_names(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

/// The host of `host[:port]`; nothing if that is not what it is.
std::optional<std::string_view> host_of(std::string_view authority) {
  constexpr std::size_t kLongestPort = 5;
  const std::size_t address_end = authority.empty() || authority.front() != '[' ? 0 : authority.find(']');
  if (address_end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto colon = authority.find(':', address_end);
  const auto host = authority.substr(0, colon);
  if (colon != std::string_view::npos) {
    const auto port = authority.substr(colon + 1);
    if (port.size() > kLongestPort || port.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::nullopt;
    }
  }
  return host.empty() ? std::nullopt : std::optional{host};
}

}  // namespace

HostCheck::HostCheck(std::vector<std::string> names, bool any_host) : names_(std::move(names)), any_host_(any_host) {}

bool HostCheck::accepts_host(std::string_view value) const {
  const auto host = host_of(value);
  return host && (any_host_ || std::any_of(names_.begin(), names_.end(),
                                           [&](const std::string& name) { return equal_names(name, *host); }));
}

bool HostCheck::accepts_origin(std::string_view value) const {
  constexpr std::string_view kScheme = "http://";
  return value.substr(0, kScheme.size()) == kScheme && accepts_host(value.substr(kScheme.size()));
}

}  // namespace aws_refresh_session::server
