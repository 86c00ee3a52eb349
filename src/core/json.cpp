#include "core/json.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <utility>

namespace aws_refresh_session::core {
namespace {

constexpr std::size_t kMaxSize = std::size_t{1} << 20U;
constexpr int kMaxDepth = 32;

std::string first_text(const nlohmann::json& value, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (auto text = json_text(value, name)) {
      return *std::move(text);
    }
  }
  return {};
}

}  // namespace

std::optional<nlohmann::json> parse_json(std::string_view text) {
  // The parser below takes a NUL byte for the end of the text and would not look at what comes after it.
  if (text.size() > kMaxSize || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  using Event = nlohmann::json::parse_event_t;
  bool too_deep = false;
  // A container's start comes with the number of containers around it.
  const auto within_depth = [&](int depth, Event event, nlohmann::json& /*value*/) {
    too_deep = too_deep || ((event == Event::object_start || event == Event::array_start) && depth >= kMaxDepth);
    return !too_deep;
  };
  auto value = nlohmann::json::parse(text.begin(), text.end(), within_depth, false);
  if (too_deep || value.is_discarded()) {
    return std::nullopt;
  }
  return value;
}

bool is_json_object(std::string_view text) {
  const auto value = parse_json(text);
  return value && value->is_object();
}

std::optional<std::string> json_text(const nlohmann::json& value, std::string_view name) {
  if (!value.is_object()) {
    return std::nullopt;
  }
  const auto found = value.find(name);
  if (found == value.end() || !found->is_string()) {
    return std::nullopt;
  }
  return found->get<std::string>();
}

void wipe_texts(nlohmann::json& value) {
  if (value.is_string()) {
    wipe(value.get_ref<std::string&>());
  } else if (value.is_structured()) {
    for (auto& each : value) {
      wipe_texts(each);
    }
  }
}

std::optional<JsonError> parse_json_error(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) {
    return std::nullopt;
  }
  JsonError error{first_text(*value, {"__type", "code", "Code"}), first_text(*value, {"message", "Message"})};
  if (const auto hash = error.code.find('#'); hash != std::string::npos) {
    error.code.erase(0, hash + 1);
  }
  error.code.erase(std::min(error.code.find(':'), error.code.size()));
  if (error.code.empty() && error.message.empty()) {
    return std::nullopt;
  }
  return error;
}

}  // namespace aws_refresh_session::core
