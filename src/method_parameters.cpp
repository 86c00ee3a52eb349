#include "method_parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace aws_refresh_session::method_parameters {
namespace {

std::string fold(std::string_view name) {
  std::string folded;
  for (const char character : name) {
    if (character != '_' && character != '-') {
      folded += character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
    }
  }
  return folded;
}

template <typename Number>
Number parse_number(std::string_view name, std::string_view value, std::string_view rule) {
  Number number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) {
    refuse(name, value, rule);
  }
  return number;
}

}  // namespace

void refuse(Name name, std::string_view value, std::string_view rule, bool shown) {
  throw ValidationError{{.message = fmt::format("Parameter {} {}.", name, rule),
                         .code = "InvalidParameter",
                         .param = std::string{name},
                         .value = shown ? std::string{value} : std::string{}}};
}

std::chrono::milliseconds parse_seconds(std::string_view name, std::string_view value) {
  constexpr std::string_view kRule = "must be a number of seconds between 0 and 86400, e.g. 10 or 0.5";
  const auto seconds = parse_number<double>(name, value, kRule);
  if (!(seconds >= 0.0 && seconds <= 86'400.0)) {
    refuse(name, value, kRule);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>{seconds});
}

bool parse_switch(std::string_view name, std::string_view value) {
  if (value != "true" && value != "false") {
    refuse(name, value, "must be true or false");
  }
  return value == "true";
}

std::vector<std::string> parse_list(std::string_view value) {
  std::vector<std::string> items;
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    if (comma > 0) {
      items.emplace_back(value.substr(0, comma));
    }
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return items;
}

std::vector<std::pair<std::string, std::string>> parse_pairs(std::string_view name, std::string_view value) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& item : parse_list(value)) {
    const auto equals = item.find('=');
    if (equals == std::string::npos || equals == 0) {
      refuse(name, item, "must be a list of key=value, separated by commas", false);
    }
    pairs.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return pairs;
}

std::chrono::seconds parse_whole_seconds(Name name, std::string_view value) {
  return std::chrono::seconds{parse_number<int>(name, value, "must be a whole number of seconds, e.g. 3600")};
}

int parse_attempts(Name name, std::string_view value) {
  return parse_number<int>(name, value, "must be a whole number from 1 to 10");
}

bool is_same_name(Name left, Name right) {
  return fold(left) == fold(right);
}

void for_each_known(std::string_view method, const std::vector<Name>& names, const MethodParameters& parameters,
                    const std::function<void(std::size_t, Text)>& set) {
  std::set<Name> seen;
  for (const auto& [name, value] : parameters) {
    const auto folded = fold(name);
    if (folded == "refreshmethod") {
      warn({.place = "session.refresh_method",
            .message = "refresh_method cannot be set: the session's method decides. The parameter is ignored."});
      continue;
    }
    const auto found = std::find_if(names.begin(), names.end(), [&](Name each) { return fold(each) == folded; });
    if (found == names.end()) {
      throw ValidationError{{.message = fmt::format("Method {} has no parameter '{}'. It takes {}.", method, name,
                                                    fmt::join(names, ", ")),
                             .code = "UnknownParameter",
                             .param = name}};
    }
    if (!seen.insert(*found).second) {
      refuse(*found, {}, "is given twice, in two spellings: give it once", false);
    }
    if (!value.empty()) {
      set(static_cast<std::size_t>(found - names.begin()), value);
    }
  }
}

}  // namespace aws_refresh_session::method_parameters
