#include "cli/demo_report.hpp"

#include <fmt/format.h>

namespace aws_refresh_session::cli {
namespace {

double seconds(std::chrono::milliseconds span) {
  return std::chrono::duration<double>{span}.count();
}

void complain_if(std::vector<std::string>& complaints, bool bad, std::string text) {
  if (bad) {
    complaints.push_back(std::move(text));
  }
}

std::string because(const std::string& error) {
  return error.empty() ? "." : fmt::format(": {}", error);
}

}  // namespace

double DemoReport::reads_per_second() const {
  return ran.count() > 0 ? static_cast<double>(reads.reads) / seconds(ran) : 0;
}

std::vector<std::string> DemoReport::complaints() const {
  std::vector<std::string> out;
  complain_if(out, reads.reads == 0, "Nothing was read.");
  complain_if(out, reads.failed > 0, fmt::format("{} reads failed{}", reads.failed, because(first_read_error)));
  complain_if(out, reads.expired > 0, fmt::format("{} reads gave an expired set.", reads.expired));
  complain_if(out, requests.accepted == 0 && !interrupted, "No request was accepted.");
  complain_if(out, requests.refused > 0,
              fmt::format("{} requests were refused{}", requests.refused, because(first_request_error)));
  complain_if(out, requests.unanswered > 0,
              fmt::format("{} requests got no answer{}", requests.unanswered, because(first_request_error)));
  complain_if(out, requests_with_expired_sets > 0,
              fmt::format("The emulator got {} requests signed with an expired set.", requests_with_expired_sets));
  if (!interrupted) {
    complain_if(out, refreshes == 0, "No refresh happened.");
    complain_if(out, failures_injected == 0 || requests_hit == 0, "No failure was injected, so nothing was proven.");
    complain_if(out, failures_recovered < failures_injected,
                fmt::format("It recovered from {} of {} failures.", failures_recovered, failures_injected));
  }
  return out;
}

std::string summary_text(const DemoReport& report) {
  const auto complaints = report.complaints();
  std::string out =
      fmt::format("{:.1f} s{} on credentials that live {} s, {} reading threads\n", seconds(report.ran),
                  report.interrupted ? " (interrupted)" : "", report.options.lifetime.count(), report.options.readers);
  const auto row = [&out](std::string_view label, const std::string& text) {
    out += fmt::format("  {:<14}{}\n", label, text);
  };
  row("reads", fmt::format("{}, {} a second", grouped(report.reads.reads),
                           grouped(static_cast<std::uint64_t>(report.reads_per_second()))));
  row("slowest read", span_text(report.reads.slowest) + ", scheduling included");
  row("waits", fmt::format("{} (readers blocked, by the kernel's count)", grouped(report.reads.waits)));
  row("failed reads", grouped(report.reads.failed));
  row("expired reads", grouped(report.reads.expired));
  row("requests", fmt::format("{} accepted, {} refused, {} unanswered", grouped(report.requests.accepted),
                              grouped(report.requests.refused), grouped(report.requests.unanswered)));
  row("refreshes",
      fmt::format("{}, and {} attempts that failed", grouped(report.refreshes), grouped(report.failed_attempts)));
  row("failures", fmt::format("{} injected, {} calls hit, {} recovered from", report.failures_injected,
                              grouped(report.requests_hit), report.failures_recovered));
  for (const std::string& complaint : complaints) {
    row("", complaint);
  }
  out += complaints.empty() ? "PASS\n" : "FAIL\n";
  return out;
}

void describe(const DemoReport& report, JsonObject& json) {
  const auto count = [](int number) { return static_cast<std::uint64_t>(number); };
  json.boolean("passed", report.complaints().empty());
  json.boolean("interrupted", report.interrupted);
  json.number("seconds", seconds(report.ran));
  json.number("lifetime_seconds", static_cast<std::uint64_t>(report.options.lifetime.count()));
  json.number("readers", count(report.options.readers));
  json.number("reads", report.reads.reads);
  json.number("reads_per_second", report.reads_per_second());
  json.number("slowest_read_ms", std::chrono::duration<double, std::milli>{report.reads.slowest}.count());
  json.number("reader_waits", report.reads.waits);
  json.number("failed_reads", report.reads.failed);
  json.number("expired_reads", report.reads.expired);
  json.number("requests_accepted", report.requests.accepted);
  json.number("requests_refused", report.requests.refused);
  json.number("requests_unanswered", report.requests.unanswered);
  json.number("refreshes", report.refreshes);
  json.number("failed_attempts", report.failed_attempts);
  json.number("failures_injected", count(report.failures_injected));
  json.number("failures_recovered", count(report.failures_recovered));
  json.number("calls_hit", report.requests_hit);
  json.number("sets_issued", report.sets_issued);
  json.number("requests_with_expired_sets", report.requests_with_expired_sets);
  std::string text;
  for (const std::string& complaint : report.complaints()) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", complaint);
  }
  json.text("complaints", text);
}

std::string grouped(std::uint64_t number) {
  constexpr std::uint64_t kGroup = 1'000;
  return number < kGroup ? fmt::format("{}", number)
                         : fmt::format("{},{:03}", grouped(number / kGroup), number % kGroup);
}

std::string span_text(std::chrono::nanoseconds span) {
  constexpr double kThousand = 1'000;
  const auto nanoseconds = static_cast<double>(span.count());
  if (nanoseconds < kThousand) {
    return fmt::format("{} ns", span.count());
  }
  if (nanoseconds < kThousand * kThousand) {
    return fmt::format("{:.1f} us", nanoseconds / kThousand);
  }
  if (nanoseconds < kThousand * kThousand * kThousand) {
    return fmt::format("{:.2f} ms", nanoseconds / (kThousand * kThousand));
  }
  return fmt::format("{:.2f} s", nanoseconds / (kThousand * kThousand * kThousand));
}

}  // namespace aws_refresh_session::cli
