#include "emulator/fault.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace aws_refresh_session::emulator {
namespace {

template <typename Enum>
using Name = std::pair<Enum, std::string_view>;

constexpr std::array kActions{
    Name<Action>{Action::assume_role, "AssumeRole"},
    Name<Action>{Action::get_caller_identity, "GetCallerIdentity"},
    Name<Action>{Action::get_session_token, "GetSessionToken"},
    Name<Action>{Action::resource, "Resource"},
    Name<Action>{Action::other, "Other"},
};

constexpr std::array kKinds{
    Name<FaultKind>{FaultKind::latency, "latency"},
    Name<FaultKind>{FaultKind::hang, "hang"},
    Name<FaultKind>{FaultKind::reset, "reset"},
    Name<FaultKind>{FaultKind::reset_mid_body, "reset_mid_body"},
    Name<FaultKind>{FaultKind::server_error, "server_error"},
    Name<FaultKind>{FaultKind::throttling, "throttling"},
    Name<FaultKind>{FaultKind::forbidden, "forbidden"},
    Name<FaultKind>{FaultKind::not_xml, "not_xml"},
    Name<FaultKind>{FaultKind::truncated_xml, "truncated_xml"},
    Name<FaultKind>{FaultKind::empty_body, "empty_body"},
    Name<FaultKind>{FaultKind::expired_answer, "expired_answer"},
    Name<FaultKind>{FaultKind::no_expiration, "no_expiration"},
    Name<FaultKind>{FaultKind::no_zone, "no_zone"},
    Name<FaultKind>{FaultKind::empty_keys, "empty_keys"},
    Name<FaultKind>{FaultKind::skewed_date, "skewed_date"},
    Name<FaultKind>{FaultKind::skewed_clock, "skewed_clock"},
};

template <typename Names, typename Enum>
std::string_view name_of(const Names& names, Enum value) noexcept {
  const auto found = std::ranges::find(names, value, &Name<Enum>::first);
  return found == names.end() ? std::string_view{} : found->second;
}

template <typename Enum, typename Names>
std::optional<Enum> value_of(const Names& names, std::string_view text) noexcept {
  const auto found = std::ranges::find(names, text, &Name<Enum>::second);
  return found == names.end() ? std::nullopt : std::optional{found->first};
}

}  // namespace

std::string_view to_string(Action action) noexcept {
  return name_of(kActions, action);
}

std::optional<Action> parse_action(std::string_view text) noexcept {
  return value_of<Action>(kActions, text);
}

std::string_view to_string(FaultKind kind) noexcept {
  return name_of(kKinds, kind);
}

std::optional<FaultKind> parse_fault_kind(std::string_view text) noexcept {
  return value_of<FaultKind>(kKinds, text);
}

}  // namespace aws_refresh_session::emulator
