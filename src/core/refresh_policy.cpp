#include "core/refresh_policy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aws_refresh_session {
namespace core {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// A full-jitter draw may be next to nothing; this keeps a dead source from being asked in a tight loop.
constexpr milliseconds kShortestPause{50};

milliseconds part_of(milliseconds whole, double part) {
  return milliseconds{static_cast<milliseconds::rep>(static_cast<double>(whole.count()) * part)};
}

milliseconds draw(milliseconds from, milliseconds to, std::minstd_rand& random) {
  return milliseconds{
      std::uniform_int_distribution<milliseconds::rep>{from.count(), std::max(from, to).count()}(random)};
}

}  // namespace

milliseconds RefreshPolicy::advisory_window(milliseconds lifetime, std::minstd_rand& random) const {
  if (options_.advisory_window) {
    return *options_.advisory_window;
  }
  milliseconds window = part_of(lifetime, options_.advisory_fraction);
  if (!options_.advisory_tiers.empty()) {
    const auto& tiers = options_.advisory_tiers;
    const auto tier = std::find_if(tiers.begin(), tiers.end(), [&](const auto& each) {
      return std::chrono::ceil<std::chrono::seconds>(lifetime) <= each.up_to;
    });
    window = tier == tiers.end() ? tiers.back().window : tier->window;
  }
  return window + part_of(window, std::uniform_real_distribution<double>{0.0, options_.advisory_jitter}(random));
}

Milestones RefreshPolicy::milestones(WallTime now, WallTime expires_at, std::minstd_rand& random) const {
  const auto lifetime = duration_cast<milliseconds>(expires_at - now);
  // A window longer than the life means: from the start. Clamped, so that no window, however long, can overflow.
  const auto advisory = std::clamp(advisory_window(lifetime, random), milliseconds::zero(), lifetime);
  const auto mandatory = options_.mandatory_window.value_or(
      std::min({part_of(lifetime, options_.mandatory_fraction), options_.mandatory_limit, advisory}));
  const auto clamped_mandatory = std::min(mandatory, lifetime);
  return {.advisory_at = expires_at - std::max(advisory, clamped_mandatory),
          .mandatory_at = expires_at - clamped_mandatory,
          .expires_at = expires_at};
}

milliseconds RefreshPolicy::pause_after_success(WallTime now, const Milestones& milestones) const {
  const auto until_advisory = duration_cast<milliseconds>(milestones.advisory_at - now);
  const auto quarter_of_life = duration_cast<milliseconds>(milestones.expires_at - now) / 4;
  return std::max({until_advisory, quarter_of_life, kShortestPause});
}

milliseconds RefreshPolicy::pause_after_failure(const Failure& failure, std::minstd_rand& random) const {
  auto longest = options_.backoff_max;
  if (!options_.backoff_ignores_expiration) {
    if (failure.lifetime > milliseconds::zero()) {
      // Half a minute is nothing to a set of one hour, and ten lives of one of three seconds.
      longest = std::min(longest, std::max(failure.lifetime / 10, options_.backoff_initial));
    }
    if (failure.remaining > milliseconds::zero()) {
      // Half of what remains, so that there is time for more than one more attempt.
      longest =
          std::min(longest, std::max(failure.remaining / 2, std::min(options_.backoff_initial, failure.remaining)));
    }
  }
  milliseconds pause{};
  if (options_.exponential_backoff) {
    const auto doublings = std::min(failure.count - 1U, 20U);
    pause = draw(milliseconds::zero(), std::min(longest, options_.backoff_initial * (1U << doublings)), random);
  } else {
    pause = draw(options_.backoff_initial, options_.backoff_max, random);
  }
  if (failure.retry_after) {
    pause = std::max<milliseconds>(pause, std::min(*failure.retry_after, std::chrono::seconds{86'400}));
  }
  return std::clamp(pause, std::min(kShortestPause, longest), longest);
}

milliseconds RefreshPolicy::error_ttl(std::minstd_rand& random) const {
  return draw(options_.error_ttl_min, options_.error_ttl_max, random);
}

}  // namespace core

RefreshOptions RefreshOptions::aws_sdk_2026() {
  using namespace std::chrono_literals;
  RefreshOptions options;
  // "Below 90 minutes" is written as the last whole second before it: lifetimes are whole seconds.
  options.advisory_tiers = {{20min, 5min}, {90min - 1s, 15min}, {24h, 60min}};
  options.advisory_jitter = 0;
  options.mandatory_window = 60s;
  options.mandatory_wait = 60s;
  options.backoff_initial = 300s;
  options.backoff_max = 600s;
  options.exponential_backoff = false;
  options.backoff_ignores_expiration = true;
  options.raise_non_recoverable = true;
  options.error_ttl_min = 1s;
  options.error_ttl_max = 5s;
  options.serve_expired = true;
  options.background_refresh = false;
  return options;
}

void RefreshOptions::validate() const {
  const auto refuse = [](std::string_view param, std::string value, std::string_view rule) {
    throw ValidationError{{.message = fmt::format("Refresh option {} {}.", param, rule),
                           .code = "InvalidRefreshOption",
                           .param = std::string{param},
                           .value = std::move(value)}};
  };
  const auto in_milliseconds = [](std::chrono::milliseconds time) { return fmt::format("{} ms", time.count()); };
  const auto not_negative = [&](std::string_view param, std::chrono::milliseconds time) {
    if (time < std::chrono::milliseconds::zero()) {
      refuse(param, in_milliseconds(time), "must not be negative");
    }
  };
  const auto positive = [&](std::string_view param, std::chrono::milliseconds time) {
    if (time <= std::chrono::milliseconds::zero()) {
      refuse(param, in_milliseconds(time), "must be more than zero");
    }
  };
  const auto part = [&](std::string_view param, double value) {
    if (!(value >= 0.0 && value <= 1.0)) {
      refuse(param, fmt::format("{}", value), "must lie between 0 and 1");
    }
  };
  if (advisory_window) {
    not_negative("advisory_window", *advisory_window);
  }
  if (mandatory_window) {
    not_negative("mandatory_window", *mandatory_window);
  }
  if (advisory_window && mandatory_window && *mandatory_window > *advisory_window) {
    refuse("mandatory_window", in_milliseconds(*mandatory_window), "must not exceed advisory_window");
  }
  for (std::size_t index = 0; index < advisory_tiers.size(); ++index) {
    not_negative("advisory_tiers", advisory_tiers[index].window);
    if (index > 0 && advisory_tiers[index].up_to <= advisory_tiers[index - 1].up_to) {
      refuse("advisory_tiers", fmt::format("{} s", advisory_tiers[index].up_to.count()), "must rise in up_to");
    }
  }
  part("advisory_fraction", advisory_fraction);
  part("advisory_jitter", advisory_jitter);
  part("mandatory_fraction", mandatory_fraction);
  not_negative("mandatory_limit", mandatory_limit);
  positive("backoff_initial", backoff_initial);
  if (backoff_max < backoff_initial) {
    refuse("backoff_max", in_milliseconds(backoff_max), "must not be less than backoff_initial");
  }
  not_negative("error_ttl_min", error_ttl_min);
  if (error_ttl_max < error_ttl_min) {
    refuse("error_ttl_max", in_milliseconds(error_ttl_max), "must not be less than error_ttl_min");
  }
  not_negative("mandatory_wait", mandatory_wait);
  positive("read_timeout", read_timeout);
}

}  // namespace aws_refresh_session
