#pragma once

#include <aws_refresh_session/exceptions.hpp>

#include <string_view>

namespace aws_refresh_session::aws {

/// What a service's error asks for.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
[[nodiscard]] ErrorKind classify(int status, std::string_view code) noexcept;

/// The caller was too fast, not wrong.
[[nodiscard]] bool is_throttling(std::string_view code) noexcept;

/// A signature made by a wrong clock is refused with one of these.
[[nodiscard]] bool may_be_clock_skew(std::string_view code) noexcept;

/// The keys that signed are not accepted: a fresh set may be.
[[nodiscard]] bool refuses_credentials(std::string_view code) noexcept;

/// The one-time code or its device was refused, which has no code of its own.
/// \param message the service's own words
[[nodiscard]] bool refuses_one_time_code(std::string_view code, std::string_view message) noexcept;

/// The caller may not make this call, or the service does not offer it.
[[nodiscard]] bool refuses_call(std::string_view code) noexcept;

/// A sentence that says what to do, or nothing.
/// \param message the service's own words, which tell an MFA refusal from the others
[[nodiscard]] std::string_view advice(std::string_view code, std::string_view message) noexcept;

/// The same for calls with a web identity token, which no keys sign.
[[nodiscard]] std::string_view web_identity_advice(std::string_view code) noexcept;

}  // namespace aws_refresh_session::aws
