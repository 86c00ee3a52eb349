#pragma once

/// \file
/// The version's only home: CMake reads it from here.

#include <string_view>

namespace aws_refresh_session {

inline constexpr int kVersionMajor = 0;
inline constexpr int kVersionMinor = 1;
inline constexpr int kVersionPatch = 0;
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace aws_refresh_session
