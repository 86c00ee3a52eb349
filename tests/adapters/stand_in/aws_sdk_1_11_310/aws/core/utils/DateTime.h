#pragma once

#include <chrono>
#include <cstdint>

namespace Aws {
namespace Utils {

class DateTime {
 public:
  DateTime() = default;
  DateTime(const std::chrono::system_clock::time_point& time) : m_time(time) {}
  DateTime(int64_t millis) : m_time(std::chrono::milliseconds(millis)) {}
  DateTime(double seconds) : DateTime(static_cast<int64_t>(seconds * 1000)) {}

  bool operator==(const DateTime& other) const { return m_time == other.m_time; }
  std::chrono::system_clock::time_point UnderlyingTimestamp() const { return m_time; }

 private:
  std::chrono::system_clock::time_point m_time;
};

}  // namespace Utils
}  // namespace Aws
