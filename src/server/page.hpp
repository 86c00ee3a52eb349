#pragma once

/// \file
/// The page for people at `/ui/`. Its files hold nothing about this server; what it shows comes from `/ui/state`, for
/// which it asks the person for the token.

#include "server/role_watch.hpp"
#include "server/wiping_allocator.hpp"

#include <aws_refresh_session/clock.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace aws_refresh_session::server {

/// The page's own scripts and styles and nothing else; no frames, no forms, no other site.
inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

struct PageFile {
  std::string_view content_type;
  std::string_view text;
};

/// The file at that path; nothing for others.
[[nodiscard]] std::optional<PageFile> page_file(std::string_view path);

/// What the page shows: for each role its life, its refreshes and its failures with their cures. No secret.
[[nodiscard]] WipedText page_state(std::span<const RoleWatch> roles, WallTime now);

}  // namespace aws_refresh_session::server
