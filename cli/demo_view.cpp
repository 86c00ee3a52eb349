#include "cli/demo_view.hpp"

#include "cli/demo_report.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aws_refresh_session::cli {
namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";

double seconds(std::chrono::milliseconds span) {
  return std::chrono::duration<double>{span}.count();
}

/// Text that knows how wide it is, whatever colours are in it.
class Line {
 public:
  Line(std::size_t columns, bool colour) : left_(columns), colour_(colour) {}

  Line& add(std::string_view text, std::string_view style = {}) {
    // Everything shown here is ASCII: a byte is a column.
    const std::string_view shown = text.substr(0, left_);
    left_ -= shown.size();
    if (colour_ && !style.empty()) {
      text_ += fmt::format("{}{}{}", style, shown, kReset);
    } else {
      text_ += shown;
    }
    return *this;
  }

  [[nodiscard]] std::size_t left() const noexcept { return left_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
  std::size_t left_;
  bool colour_;
};

std::string_view state_colour(Freshness state) {
  switch (state) {
    case Freshness::fresh:
      return kGreen;
    case Freshness::advisory:
    case Freshness::mandatory:
      return kYellow;
    case Freshness::none:
    case Freshness::expired:
      break;
  }
  return kRed;
}

/// `[######------]` in `width` columns.
std::string bar(double part, std::size_t width) {
  constexpr std::size_t kFrame = 2;
  if (width <= kFrame) {
    return {};
  }
  const std::size_t inside = width - kFrame;
  const auto full = static_cast<std::size_t>(std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(inside)));
  return fmt::format("[{:#<{}}{:-<{}}]", "", full, "", inside - full);
}

std::string next_attempt_text(const DemoFrame& frame) {
  return frame.next_attempt ? fmt::format(", next in {:.1f} s", seconds(*frame.next_attempt)) : "";
}

std::string label(std::string_view text) {
  return fmt::format(" {:<10}", text);
}

}  // namespace

std::vector<std::string> live_lines(const DemoFrame& frame, std::size_t columns, std::size_t rows, bool colour) {
  // The last column stays free: some terminals wrap when it is written.
  constexpr std::size_t kWidest = 100;
  const std::size_t width = std::min(columns > 1 ? columns - 1 : columns, kWidest);
  std::vector<std::string> lines;
  const auto line = [&] { return Line{width, colour}; };
  const auto bad = [](std::uint64_t count) { return count > 0 ? kRed : std::string_view{}; };

  lines.push_back(line()
                      .add(" aws-refresh-session demo", kBold)
                      .add(fmt::format("  {:.1f} s of {:.0f} s", seconds(frame.elapsed), seconds(frame.run)))
                      .text());
  lines.push_back(line()
                      .add(label("set"))
                      .add(frame.key_id)
                      .add("  ")
                      .add(to_string(frame.state), state_colour(frame.state))
                      .text());

  const std::string remaining = fmt::format(" {:.1f} s of {:.1f} s", seconds(frame.remaining), seconds(frame.lifetime));
  Line life = line();
  life.add(label("life"));
  const double part = frame.lifetime.count() > 0 ? seconds(frame.remaining) / seconds(frame.lifetime) : 0;
  life.add(bar(part, life.left() > remaining.size() ? life.left() - remaining.size() : 0), state_colour(frame.state));
  lines.push_back(life.add(remaining).text());

  lines.push_back(
      line()
          .add(label("reads"))
          .add(fmt::format("{} a second, {} in all", grouped(static_cast<std::uint64_t>(frame.reads_per_second)),
                           grouped(frame.reads.reads)))
          .text());
  lines.push_back(line()
                      .add(label(""))
                      .add(fmt::format("failed {}", frame.reads.failed), bad(frame.reads.failed))
                      .add(fmt::format("  expired {}", frame.reads.expired), bad(frame.reads.expired))
                      .add(fmt::format("  waits {}  slowest {}", frame.reads.waits, span_text(frame.reads.slowest)))
                      .text());
  const std::uint64_t lost = frame.requests.refused + frame.requests.unanswered;
  lines.push_back(line()
                      .add(label("requests"))
                      .add(fmt::format("{} accepted", grouped(frame.requests.accepted)))
                      .add(fmt::format(", {} refused or lost", grouped(lost)), bad(lost))
                      .text());
  lines.push_back(line()
                      .add(label("refreshes"))
                      .add(fmt::format("{}, {} attempts failed{}", frame.refreshes, frame.failed_attempts,
                                       next_attempt_text(frame)))
                      .text());
  Line failures = line();
  failures.add(label("failures"))
      .add(fmt::format("{} injected, {} recovered", frame.failures_injected, frame.failures_recovered));
  if (!frame.failing.empty()) {
    failures.add("; now: ").add(frame.failing, kRed);
  }
  lines.push_back(failures.text());

  if (lines.size() + 2 < rows) {
    lines.emplace_back();
    const std::size_t room = rows - lines.size() - 1;
    const std::size_t skipped = frame.events.size() > room ? frame.events.size() - room : 0;
    for (std::size_t i = skipped; i < frame.events.size(); ++i) {
      lines.push_back(line().add(" ").add(frame.events[i]).text());
    }
  }
  lines.resize(std::min(lines.size(), rows > 1 ? rows - 1 : rows));
  return lines;
}

std::string plain_line(const DemoFrame& frame) {
  return fmt::format(
      "{:6.1f} s  {} {}, {:.1f} s left; {} reads/s, {} failed, {} expired; requests {} ok, {} bad; "
      "{} refreshes{}{}",
      seconds(frame.elapsed), frame.key_id, to_string(frame.state), seconds(frame.remaining),
      grouped(static_cast<std::uint64_t>(frame.reads_per_second)), frame.reads.failed, frame.reads.expired,
      frame.requests.accepted, frame.requests.refused + frame.requests.unanswered, frame.refreshes,
      frame.failing.empty() ? "" : "; now: ", frame.failing);
}

LiveScreen::LiveScreen() {
  write_error_stream("\x1b[?25l");
}

LiveScreen::~LiveScreen() {
  write_error_stream("\x1b[?25h");
}

void LiveScreen::draw(const std::vector<std::string>& lines, std::size_t columns) {
  std::string out;
  if (columns_ != 0 && columns != columns_) {
    out += "\x1b[2J\x1b[H";
  } else if (drawn_ > 0) {
    out += fmt::format("\x1b[{}A\r", drawn_);
  }
  for (const std::string& line : lines) {
    out += line + "\x1b[K\n";
  }
  out += "\x1b[J";
  // One write a frame: half a frame is never seen.
  write_error_stream(out);
  drawn_ = lines.size();
  columns_ = columns;
}

}  // namespace aws_refresh_session::cli
