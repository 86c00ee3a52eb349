#include "emulator/mfa_devices.hpp"

#include "emulator/digest.hpp"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::uint64_t kStepSeconds = 30;
constexpr std::size_t kShortestKey = 10;

std::uint64_t step_of(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  return static_cast<std::uint64_t>(seconds) / kStepSeconds;
}

/// Collects digits of `bits` bits each into bytes; what does not fill a byte is dropped.
std::string decode_digits(std::string_view text, std::string_view alphabet, unsigned bits) {
  std::string bytes;
  std::uint32_t held = 0;
  unsigned count = 0;
  for (const char c : text) {
    if (c == ' ' || c == '-' || c == '=') {
      continue;
    }
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto value = alphabet.find(upper);
    if (value == std::string_view::npos) {
      throw std::invalid_argument("the MFA seed has a character that does not belong there: use base32, or hex:...");
    }
    held = (held << bits) | static_cast<std::uint32_t>(value);
    count += bits;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((held >> count) & 0xffU);
    }
  }
  return bytes;
}

}  // namespace

std::string decode_seed(std::string_view seed) {
  const bool hex = seed.starts_with("hex:");
  auto key = hex ? decode_digits(seed.substr(4), "0123456789ABCDEF", 4) : decode_digits(seed, kBase32Alphabet, 5);
  if (key.size() < kShortestKey) {
    throw std::invalid_argument("the MFA seed is too short: at least 80 bits are needed");
  }
  return key;
}

std::string totp(std::string_view key, std::uint64_t step) {
  std::string counter(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    counter[7 - i] = static_cast<char>((step >> (8 * i)) & 0xffU);
  }
  const std::string mac = hmac_sha1(key, counter);
  // Dynamic truncation, RFC 4226, 5.3.
  const std::size_t offset = static_cast<unsigned char>(mac[19]) & 0xfU;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = (value << 8U) | static_cast<unsigned char>(mac[offset + i]);
  }
  return fmt::format("{:06}", (value & 0x7fffffffU) % 1'000'000);
}

void MfaDevices::add(const MfaDevice& device) {
  if (device.serial_number.empty()) {
    throw std::invalid_argument("an MFA device needs a serial number");
  }
  Device added{.key = decode_seed(device.seed), .used_steps = {}};
  devices_.with([&](auto& devices) { devices.insert_or_assign(device.serial_number, std::move(added)); });
}

MfaVerdict MfaDevices::use(std::string_view serial_number, std::string_view code, TimePoint now) {
  const std::uint64_t current = step_of(now);
  return devices_.with([&](auto& devices) {
    const auto found = devices.find(serial_number);
    if (found == devices.end()) {
      return MfaVerdict::unknown_device;
    }
    auto& [key, used_steps] = found->second;
    for (const std::uint64_t step : {current, current - 1, current + 1}) {
      if (same_secret(totp(key, step), code) && used_steps.insert(step).second) {
        used_steps.erase(used_steps.begin(), used_steps.lower_bound(current > 10 ? current - 10 : 0));
        return MfaVerdict::accepted;
      }
    }
    return MfaVerdict::wrong;
  });
}

std::string MfaDevices::code(std::string_view serial_number, TimePoint now) const {
  return devices_.with([&](const auto& devices) {
    const auto found = devices.find(serial_number);
    if (found == devices.end()) {
      throw std::invalid_argument("no such MFA device");
    }
    return totp(found->second.key, step_of(now));
  });
}

}  // namespace aws_refresh_session::emulator
