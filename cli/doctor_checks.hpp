#pragma once

/// \file
/// What `doctor` looks at. Each check asks what an SDK would use, and says what to do about what is wrong.

#include "cli/source.hpp"

#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/profiles.hpp>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {

struct Finding {
  /// `files`, `modes`, `environment`, `profile`, `endpoint`, `clock`, `source`, `identity`.
  std::string check{};
  bool is_problem = false;
  std::string text{};
  /// What to do about it; empty for what is right.
  std::string cure{};
};

using Findings = std::vector<Finding>;

/// The two files: whether they can be understood, and every profile in them.
void check_files(const ProviderSeams& seams, Findings& findings);
/// Profiles that cannot be used, and keys that look like a mistyped one.
void check_profiles(const std::vector<ProfileSummary>& profiles, Findings& findings);
/// Whether others can read or change the file; nothing for a file that is not there.
void check_mode(const std::string& path, bool holds_secrets, Findings& findings);
/// Variables that contradict each other, or that some programs read and others do not.
void check_environment(const Environment& environment, bool profile_chosen, Findings& findings);
/// The profile, region and endpoint in use; the endpoint's answer and its clock.
void check_service(const Source& source, const std::stop_token& stop, Findings& findings);
/// \param ahead how far the service's clock is ahead of ours
void check_clock(std::chrono::seconds ahead, Findings& findings);
/// Which source wins, and who that is.
void check_source(const Source& source, const std::stop_token& stop, Findings& findings);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
[[nodiscard]] std::optional<WallTime> http_date(const std::string& text);

}  // namespace aws_refresh_session::cli
