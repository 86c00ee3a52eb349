#pragma once

#include <aws_refresh_session/refreshing_provider.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_scheduler.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {

/// A source whose every answer the test decides. `calls` counts; `answer` runs on whichever thread asks.
class ScriptedSource final : public CredentialsProvider {
 public:
  using Answer = std::function<Credentials(const ResolveContext&)>;

  explicit ScriptedSource(Answer answer, bool needs_a_person = false)
      : needs_a_person_(needs_a_person), answer_(std::move(answer)) {}

  Credentials resolve(const ResolveContext& context) override {
    ++calls;
    Answer answer;
    {
      const std::lock_guard lock{mutex_};
      answer = answer_;
    }
    return answer(context);
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "scripted"; }
  [[nodiscard]] bool interactive() const noexcept override { return needs_a_person_; }

  void answer_with(Answer answer) {
    const std::lock_guard lock{mutex_};
    answer_ = std::move(answer);
  }

  std::atomic<int> calls{0};

 private:
  const bool needs_a_person_;
  std::mutex mutex_;
  Answer answer_;
};

/// A set on the machine's own clock.
inline Credentials make_set(const std::string& id, std::chrono::milliseconds life) {
  return Credentials{id, "secret-SECRETCANARY-" + id, "token-SECRETCANARY-" + id,
                     std::chrono::system_clock::now() + life};
}

/// A door that a source waits at. Opening it lets all through.
class Door {
 public:
  void open() { opened_.count_down(); }
  void pass() { opened_.wait(); }

 private:
  std::latch opened_{1};
};

/// An engine on faked time and without threads, and a source that gives sets of `lifetime` numbered from 1.
struct EngineFixture {
  using Mode = testing::FakeScheduler::Mode;

  explicit EngineFixture(RefreshOptions options = {}, std::chrono::seconds set_lifetime = std::chrono::hours{1},
                         Mode mode = Mode::immediate, std::uint64_t seed = 1)
      : lifetime(set_lifetime),
        scheduler(std::make_shared<testing::FakeScheduler>(clock, mode)),
        source(std::make_shared<ScriptedSource>(healthy())),
        provider(std::make_unique<RefreshingCredentialsProvider>(
            source, std::move(options),
            EngineSeams{.clock = clock, .scheduler = scheduler, .skew = skew, .seed = seed})),
        observation(provider->observe([this](const RefreshEvent& event) { events.push_back(event); })) {}

  [[nodiscard]] ScriptedSource::Answer healthy() {
    return [this](const ResolveContext&) { return make_set(lifetime); };
  }
  [[nodiscard]] static ScriptedSource::Answer failing(ErrorKind kind = ErrorKind::recoverable,
                                                      std::string code = "ServiceUnavailable") {
    return [kind, code](const ResolveContext&) -> Credentials {
      throw RequestError{{.message = "The service said no.", .code = code, .status_code = 503, .kind = kind}};
    };
  }
  [[nodiscard]] Credentials make_set(std::chrono::nanoseconds life) {
    const auto number = std::to_string(++sets);
    return Credentials{"ASIA" + number, "secret-SECRETCANARY-" + number, "token-SECRETCANARY-" + number,
                       clock->now() + skew->get() + std::chrono::duration_cast<WallTime::duration>(life)};
  }

  [[nodiscard]] std::size_t count(RefreshEvent::Type type) const {
    std::size_t result = 0;
    for (const auto& each : events) {
      result += each.type == type ? 1U : 0U;
    }
    return result;
  }

  std::chrono::seconds lifetime;
  int sets = 0;
  std::vector<RefreshEvent> events;
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeScheduler> scheduler;
  std::shared_ptr<ClockSkew> skew = std::make_shared<ClockSkew>();
  std::shared_ptr<ScriptedSource> source;
  std::unique_ptr<RefreshingCredentialsProvider> provider;
  std::shared_ptr<void> observation;
};

}  // namespace aws_refresh_session
