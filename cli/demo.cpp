#include "cli/commands.hpp"
#include "cli/demo_events.hpp"
#include "cli/demo_faults.hpp"
#include "cli/demo_load.hpp"
#include "cli/demo_options.hpp"
#include "cli/demo_report.hpp"
#include "cli/demo_view.hpp"
#include "cli/terminal.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/session.hpp>

#include "emulator/emulator.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>

namespace aws_refresh_session::cli {
namespace {

using Milliseconds = std::chrono::milliseconds;

StsClientOptions client_of(const emulator::Emulator& emulator, const DemoOptions& options) {
  StsClientOptions client;
  client.region = emulator::kDefaultRegion;
  client.endpoint_url = emulator.endpoint_url();
  client.connect_timeout = options.attempt_timeout();
  client.attempt_timeout = options.attempt_timeout();
  // The engine tries again; a retry inside one call would hide from the view what happens.
  client.max_attempts = 1;
  return client;
}

AssumeRoleOptions role_of(const emulator::Emulator& emulator, const DemoOptions& options) {
  AssumeRoleOptions role;
  role.role_arn = emulator.role_arn();
  role.role_session_name = "demo";
  role.duration = options.lifetime;
  role.base = make_static_provider(Credentials{emulator::kDefaultAccessKeyId, emulator::kDefaultSecretAccessKey});
  role.client = client_of(emulator, options);
  return role;
}

SessionOptions session_options(const DemoOptions& options, const std::shared_ptr<const Environment>& environment,
                               DemoEvents& events) {
  SessionOptions session;
  session.refresh = options.refresh;
  session.environment = environment;
  session.observer = [&events](const RefreshEvent& event) { events.record(event); };
  return session;
}

/// \returns false if `stop` came first
bool pause(const std::stop_token& stop, Milliseconds span) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock{mutex};
  wake.wait_for(lock, stop, span, [] { return false; });
  return !stop.stop_requested();
}

/// Shows the library's warnings among the events while it lives.
class WarningsAsEvents {
 public:
  explicit WarningsAsEvents(DemoEvents& events)
      : before_(set_warning_handler([&events](const Warning& warning) {
          // Lifetimes of seconds are what the demo is about.
          if (warning.place != "sts.duration") {
            events.note("warning: " + warning.message);
          }
        })) {}
  ~WarningsAsEvents() { set_warning_handler(before_); }
  WarningsAsEvents(const WarningsAsEvents&) = delete;
  WarningsAsEvents& operator=(const WarningsAsEvents&) = delete;

 private:
  WarningHandler before_;
};

enum class Progress { none, lines, live };

Progress progress_of(const CommandLine& line) {
  if (line.output.quiet) {
    return Progress::none;
  }
  return is_live_terminal(STDERR_FILENO) && !line.demo.plain ? Progress::live : Progress::lines;
}

/// Everything that runs during the demo. Members end in reverse order: load, session, emulator.
class Demo {
 public:
  /// \param events must outlive the demo
  Demo(const DemoOptions& options, DemoEvents& events)
      : options_(options),
        events_(events),
        faults_(emulator_, options),
        session_(role_of(emulator_, options), session_options(options, environment_, events_)) {}

  /// \throws Error when not even the first set could be had
  [[nodiscard]] DemoReport run(Progress progress, const std::stop_token& stop);

 private:
  [[nodiscard]] Milliseconds elapsed() const {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start_);
  }
  [[nodiscard]] Milliseconds remaining() const;
  void look_at_set();
  void measure_rate();
  [[nodiscard]] DemoFrame frame() const;
  [[nodiscard]] DemoReport report(bool interrupted) const;

  DemoOptions options_;
  std::shared_ptr<const Environment> environment_ =
      std::make_shared<FixedEnvironment>(std::map<std::string, std::string, std::less<>>{});
  DemoEvents& events_;
  emulator::Emulator emulator_;
  FaultInjector faults_;
  RefreshableSession session_;
  std::optional<ReadLoad> reads_;
  std::optional<RequestLoad> requests_;

  std::string key_id_;
  /// How long the set in use lived when it was first seen.
  Milliseconds life_{0};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point measured_at_ = start_;
  std::uint64_t measured_reads_ = 0;
  double reads_per_second_ = 0;
};

Milliseconds Demo::remaining() const {
  const auto expiration = session_.expiration();
  if (!expiration) {
    return Milliseconds{0};
  }
  return std::max(std::chrono::duration_cast<Milliseconds>(*expiration - std::chrono::system_clock::now()),
                  Milliseconds{0});
}

void Demo::look_at_set() {
  try {
    const CredentialsSnapshot snapshot = session_.credentials(Milliseconds{0});
    if (snapshot->access_key_id() != key_id_) {
      key_id_ = snapshot->access_key_id();
      life_ = remaining();
    }
  } catch (const Error&) {
    // The readers count it.
    key_id_ = "none";
  }
}

void Demo::measure_rate() {
  constexpr Milliseconds kEvery{500};
  const auto now = std::chrono::steady_clock::now();
  if (now - measured_at_ < kEvery) {
    return;
  }
  const std::uint64_t reads = reads_->totals().reads;
  reads_per_second_ =
      static_cast<double>(reads - measured_reads_) / std::chrono::duration<double>{now - measured_at_}.count();
  measured_reads_ = reads;
  measured_at_ = now;
}

DemoFrame Demo::frame() const {
  const DemoEvents::State events = events_.state();
  DemoFrame frame;
  frame.elapsed = elapsed();
  frame.run = options_.run;
  frame.lifetime = life_;
  frame.key_id = key_id_;
  frame.state = session_.state();
  frame.remaining = remaining();
  frame.reads = reads_->totals();
  frame.reads_per_second = reads_per_second_;
  frame.requests = requests_->totals();
  frame.refreshes = events.refreshes();
  frame.failed_attempts = events.failures;
  frame.next_attempt = events.next_attempt;
  frame.failing = faults_.active();
  frame.failures_injected = faults_.injected();
  frame.failures_recovered = faults_.recovered();
  frame.events = events.lines;
  return frame;
}

DemoReport Demo::report(bool interrupted) const {
  const DemoEvents::State events = events_.state();
  const emulator::Counters counters = emulator_.counters();
  DemoReport report;
  report.options = options_;
  report.ran = elapsed();
  report.interrupted = interrupted;
  report.reads = reads_->totals();
  report.first_read_error = reads_->first_error();
  report.requests = requests_->totals();
  report.first_request_error = requests_->first_error();
  report.refreshes = events.refreshes();
  report.failed_attempts = events.failures;
  report.failures_injected = faults_.injected();
  report.failures_recovered = faults_.recovered();
  report.requests_hit = faults_.hits();
  report.sets_issued = counters.credentials_issued;
  report.requests_with_expired_sets = counters.expired_credentials;
  return report;
}

DemoReport Demo::run(Progress progress, const std::stop_token& stop) {
  constexpr Milliseconds kTick{20};
  constexpr Milliseconds kFrameEvery{150};
  constexpr Milliseconds kLineEvery{1'000};

  // The only read that may wait: nothing can be valid yet.
  static_cast<void>(session_.credentials());
  reads_.emplace(session_, options_.readers);
  requests_.emplace(session_, client_of(emulator_, options_), ProviderSeams{nullptr, nullptr, environment_, nullptr},
                    options_.requests_per_second);

  std::optional<LiveScreen> screen;
  if (progress == Progress::live) {
    screen.emplace();
  }
  Milliseconds shown_at{0};
  bool interrupted = false;
  while (elapsed() < options_.run && !interrupted) {
    look_at_set();
    measure_rate();
    if (const std::string note = faults_.update(elapsed(), remaining(), life_, key_id_); !note.empty()) {
      events_.note(note);
    }
    const bool due = elapsed() - shown_at >= (screen ? kFrameEvery : kLineEvery);
    if (due) {
      shown_at = elapsed();
    }
    if (screen && due) {
      const TerminalSize size = terminal_size(STDERR_FILENO);
      screen->draw(live_lines(frame(), size.columns, size.rows, wants_colour(STDERR_FILENO)), size.columns);
    }
    if (progress == Progress::lines) {
      for (const std::string& text : events_.take_new()) {
        write_error_stream(text + "\n");
      }
      if (due) {
        write_error_stream(plain_line(frame()) + "\n");
      }
    }
    interrupted = !pause(stop, kTick);
  }
  // Requests first: what is in flight ends while readers still read.
  requests_->stop();
  reads_->stop();
  return report(interrupted);
}

}  // namespace

ExitCode run_demo(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  const DemoOptions options = demo_options(line.demo, line.refresh);
  options.refresh.validate();
  // The view says what happens, and a log line would break it.
  static_cast<void>(::setenv("AWS_REFRESH_SESSION_LOG", "off", 0));
  // libcurl reads proxies from the environment, and no proxy reaches this process's loopback port.
  static_cast<void>(::setenv("no_proxy", "127.0.0.1", 1));

  DemoEvents events;
  const WarningsAsEvents warnings{events};
  Demo demo{options, events};
  const DemoReport report = demo.run(progress_of(line), stop);
  if (line.output.json) {
    JsonObject json;
    describe(report, json);
    write_result(fmt::format("{}\n", json.str()));
  } else {
    write_result(summary_text(report));
  }
  messages.detail(fmt::format("{} sets were issued", report.sets_issued));
  if (report.interrupted) {
    return ExitCode::source_failed;
  }
  return report.complaints().empty() ? ExitCode::ok : ExitCode::check_failed;
}

}  // namespace aws_refresh_session::cli
