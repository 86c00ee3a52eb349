#include "providers/used_token_codes.hpp"

namespace aws_refresh_session::providers {
namespace {

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& at_load = UsedTokenCodes::of_process();

}  // namespace

UsedTokenCodes& UsedTokenCodes::of_process() {
  static auto* codes = new UsedTokenCodes;  // NOLINT(cppcoreguidelines-owning-memory): serves static sessions, too
  return *codes;
}

}  // namespace aws_refresh_session::providers
