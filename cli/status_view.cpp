#include "cli/status_view.hpp"

#include "cli/json_text.hpp"
#include "cli/output.hpp"
#include "cli/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

namespace aws_refresh_session::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";

/// `1h05m`, `12m30s`, `45s`, `ended`.
std::string span_text(seconds span) {
  if (span <= seconds::zero()) {
    return "ended";
  }
  const std::chrono::hh_mm_ss parts{span};
  if (parts.hours().count() > 0) {
    return fmt::format("{}h{:02}m", parts.hours().count(), parts.minutes().count());
  }
  if (parts.minutes().count() > 0) {
    return fmt::format("{}m{:02}s", parts.minutes().count(), parts.seconds().count());
  }
  return fmt::format("{}s", parts.seconds().count());
}

seconds left(const CacheEntry& entry, WallTime now) {
  if (!entry.credentials || !entry.credentials->expiration()) {
    return seconds::zero();
  }
  return std::max(duration_cast<seconds>(*entry.credentials->expiration() - now), seconds::zero());
}

/// Of the life, from 0 to 1.
double part_left(const CacheEntry& entry, WallTime now) {
  if (!entry.credentials || !entry.credentials->expiration()) {
    return 0;
  }
  const std::chrono::duration<double> life = *entry.credentials->expiration() - entry.received;
  const std::chrono::duration<double> rest = left(entry, now);
  return life.count() <= 0 ? 0 : std::clamp(rest / life, 0.0, 1.0);
}

std::string bar(double part) {
  constexpr int kWidth = 10;
  const auto full = static_cast<int>(std::lround(part * kWidth));
  return fmt::format("{:#<{}}{:.<{}}", "", full, "", kWidth - full);
}

std::string failure_text(const CacheEntry& entry) {
  if (!entry.last_failure) {
    return "-";
  }
  return fmt::format("{} {}: {}", utc_text(entry.last_failure->at), one_line(entry.last_failure->code),
                     one_line(entry.last_failure->message));
}

}  // namespace

std::vector<std::string> status_lines(std::span<const CacheEntry> entries, WallTime now, std::size_t columns,
                                      bool colour) {
  constexpr std::size_t kShortest = 5;
  constexpr double kMuch = 0.5;
  constexpr double kSome = 0.25;
  std::size_t width = kShortest;
  for (const auto& entry : entries) {
    width = std::max(width, one_line(entry.label).size());
  }
  std::vector<std::string> lines{
      fmt::format("{:<{}}  {:<20}  {:>6}  {:<10}  LAST FAILURE", "ENTRY", width, "ACCESS KEY ID", "LEFT", "LIFE")};
  for (const auto& entry : entries) {
    const auto part = part_left(entry, now);
    auto line = fmt::format("{:<{}}  {:<20}  {:>6}  {}  {}", one_line(entry.label), width,
                            entry.credentials ? one_line(entry.credentials->access_key_id()) : "-",
                            entry.credentials ? span_text(left(entry, now)) : "-", bar(part), failure_text(entry));
    lines.push_back(line.substr(0, columns));
    if (colour) {
      lines.back().insert(0, part >= kMuch ? kGreen : part >= kSome ? kYellow : kRed).append(kPlain);
    }
  }
  lines.front().resize(std::min(lines.front().size(), columns));
  return lines;
}

std::string status_json(std::span<const CacheEntry> entries, WallTime now) {
  std::string list;
  for (const auto& entry : entries) {
    JsonObject json;
    json.text("Label", entry.label);
    if (entry.credentials) {
      json.text("AccessKeyId", entry.credentials->access_key_id());
      json.text("Provider", entry.credentials->provider_name());
      json.text("Received", utc_text(entry.received));
      if (entry.credentials->expiration()) {
        json.text("Expiration", utc_text(*entry.credentials->expiration()));
      }
      json.number("SecondsLeft", static_cast<std::uint64_t>(left(entry, now).count()));
    }
    if (entry.last_failure) {
      JsonObject failure;
      failure.text("At", utc_text(entry.last_failure->at));
      failure.text("Code", entry.last_failure->code);
      failure.text("Message", entry.last_failure->message);
      json.object("LastFailure", failure);
    }
    list.append(list.empty() ? "" : ",").append(json.str());
  }
  return fmt::format(R"({{"Entries":[{}]}})", list);
}

}  // namespace aws_refresh_session::cli
