#include "cli/demo_options.hpp"

#include "cli/option_values.hpp"
#include "cli/source.hpp"
#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aws_refresh_session::cli {

std::chrono::milliseconds DemoOptions::attempt_timeout() const {
  return std::chrono::milliseconds{lifetime} / 8;
}

std::chrono::milliseconds DemoOptions::advisory_window(std::chrono::milliseconds life) const {
  if (refresh.advisory_window) {
    return std::min(*refresh.advisory_window, life);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(life * refresh.advisory_fraction);
}

DemoOptions demo_options(const DemoArguments& demo, const RefreshArguments& refresh) {
  constexpr int kLongestRun = 86'400;
  // STS dates the end of a set in whole seconds: one of 2 may live 1.
  constexpr int kShortestLife = 3;
  constexpr int kLongestLife = 3'600;
  constexpr int kMostReaders = 256;
  constexpr int kMostRequests = 1'000;
  DemoOptions options;
  if (!demo.lifetime.empty()) {
    options.lifetime = std::chrono::seconds{parse_count("--lifetime", demo.lifetime, kShortestLife, kLongestLife)};
  }
  if (!demo.seconds.empty()) {
    options.run = std::chrono::seconds{parse_count("--seconds", demo.seconds, 1, kLongestRun)};
  } else {
    // Long enough for the failures, whatever the lifetime.
    options.run = std::max(options.run, 5 * options.lifetime);
  }
  if (options.run < 2 * options.lifetime) {
    throw UsageError{fmt::format("--seconds: {} is too short to see anything. Give at least {}, twice the lifetime.",
                                 options.run.count(), 2 * options.lifetime.count())};
  }
  if (!demo.readers.empty()) {
    options.readers = parse_count("--readers", demo.readers, 1, kMostReaders);
  }
  if (!demo.requests_per_second.empty()) {
    options.requests_per_second = parse_count("--requests-per-second", demo.requests_per_second, 1, kMostRequests);
  }

  const std::chrono::milliseconds lifetime{options.lifetime};
  RefreshOptions scaled;
  scaled.backoff_initial = lifetime / 20;
  scaled.backoff_max = lifetime / 10;
  scaled.read_timeout = 2 * lifetime;
  options.refresh = refresh_options(refresh, scaled);
  if (options.advisory_window(lifetime) * 10 > lifetime * 9) {
    throw UsageError{"--advisory-window: leaves less than a tenth of --lifetime without a refresh. Give less."};
  }
  return options;
}

}  // namespace aws_refresh_session::cli
