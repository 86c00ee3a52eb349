#pragma once

#include "emulator/guarded.hpp"
#include "emulator/options.hpp"
#include "emulator/timestamps.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace aws_refresh_session::emulator {

/// The key bytes of a seed; see MfaDevice::seed.
/// \throws std::invalid_argument, without the seed
[[nodiscard]] std::string decode_seed(std::string_view seed);

/// The six digits of RFC 6238 (HMAC-SHA-1) for the time step `step`.
[[nodiscard]] std::string totp(std::string_view key, std::uint64_t step);

enum class MfaVerdict { accepted, wrong, unknown_device };

/// The account's virtual MFA devices. Thread-safe.
class MfaDevices {
 public:
  /// \throws std::invalid_argument for a seed or serial number that is none
  void add(const MfaDevice& device);
  /// Takes the code of this step, the one before or the one after; each once (RFC 6238, 5.2).
  [[nodiscard]] MfaVerdict use(std::string_view serial_number, std::string_view code, TimePoint now);
  /// \throws std::invalid_argument for an unknown device
  [[nodiscard]] std::string code(std::string_view serial_number, TimePoint now) const;

 private:
  struct Device {
    std::string key;
    std::set<std::uint64_t> used_steps;
  };
  Guarded<std::map<std::string, Device, std::less<>>> devices_;
};

}  // namespace aws_refresh_session::emulator
