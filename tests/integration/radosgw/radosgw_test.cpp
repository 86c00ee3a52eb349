// Sessions against a real STS and a real S3 that enforces expiry. Run it beside a server: with_radosgw radosgw_test.

#include "integration/radosgw/reader_load.hpp"
#include "integration/radosgw/s3_client.hpp"
#include "integration/tcp_gate.hpp"
#include "secret_registry.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <gtest/gtest.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    throw std::runtime_error{std::string{name} + " is not set: run this program by with_radosgw"};
  }
  return value;
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t total, const auto& each) { return total + each.second; });
}

std::string text(const std::map<std::string, std::uint64_t>& counts) {
  std::string list;
  for (const auto& [what, count] : counts) {
    list += (list.empty() ? "" : ", ") + std::to_string(count) + " x " + what;
  }
  return list.empty() ? "none" : list;
}

/// STS behind a gate, S3 reached directly, sessions under load.
class Radosgw : public ::testing::Test {
 protected:
  static constexpr unsigned kReadersEach = 2;

  Radosgw()
      : endpoint_(variable("RGW_ENDPOINT")),
        gate_(static_cast<std::uint16_t>(std::stoi(endpoint_.substr(endpoint_.rfind(':') + 1)))),
        s3_(endpoint_) {
    // Lifetimes below AWS's 900 s are what these tests are about.
    previous_handler_ = set_warning_handler([](const Warning&) {});
    Credentials user{variable("RGW_ACCESS_KEY_ID"), variable("RGW_SECRET_ACCESS_KEY")};
    base_ = make_static_provider(std::move(user));
    bucket_ = "bucket-" + std::to_string(system_clock::now().time_since_epoch().count());
    const auto made = s3_.send(*session(seconds{60})->credentials(), "PUT", "/" + bucket_);
    EXPECT_EQ(made.status, 200) << made.code;
  }

  ~Radosgw() override { set_warning_handler(previous_handler_); }

  [[nodiscard]] AssumeRoleOptions options(seconds lifetime) const {
    AssumeRoleOptions options;
    options.role_arn = variable("RGW_ROLE_ARN");
    options.duration = lifetime;
    options.base = base_;
    options.client.endpoint_url = gate_.url();
    options.client.region = "us-east-1";
    return options;
  }

  [[nodiscard]] std::shared_ptr<RefreshableSession> session(seconds lifetime) const {
    return std::make_shared<RefreshableSession>(options(lifetime));
  }

  /// One session with readers for each lifetime.
  void start(const std::vector<seconds>& lifetimes) {
    for (const auto lifetime : lifetimes) {
      const auto name = "session-" + std::to_string(loads_.size()) + "-of-" + std::to_string(lifetime.count()) + "s";
      sessions_.push_back(session(lifetime));
      loads_.emplace_back(name, sessions_.back(), s3_, bucket_, kReadersEach);
    }
  }

  void stop() {
    for (auto& load : loads_) {
      load.stop();
    }
  }

  void print_table(const char* title) const {
    const auto now = system_clock::now();
    std::printf("\n%s\n%-18s %5s %8s %6s %6s %6s %7s %9s %11s %12s %12s\n", title, "readers of", "sets", "expiries",
                "PUT", "GET", "list", "refused", "overtaken", "read errors", "expired read", "longest read");
    for (const auto& load : loads_) {
      const auto seen = load.counts();
      std::printf("%-18s %5zu %8ju %6ju %6ju %6ju %7ju %9ju %11ju %12ju %9.1f ms\n", load.name().c_str(),
                  seen.sets.size(), seen.expiries(now), seen.puts, seen.gets, seen.lists, sum(seen.refused),
                  seen.overtaken, sum(seen.read_errors), seen.expired_reads,
                  static_cast<double>(seen.longest_read.count()) / 1000);
    }
    std::fflush(stdout);
  }

  void expect_no_refusal() const {
    for (const auto& load : loads_) {
      const auto seen = load.counts();
      EXPECT_EQ(sum(seen.refused), 0U) << load.name() << ": " << text(seen.refused);
      EXPECT_EQ(seen.expired_reads, 0U) << load.name();
      EXPECT_GT(seen.requests(), 100U) << load.name();
    }
  }

  void expect_no_read_error() const {
    for (const auto& load : loads_) {
      const auto seen = load.counts();
      EXPECT_EQ(sum(seen.read_errors), 0U) << load.name() << ": " << text(seen.read_errors);
    }
  }

  std::string endpoint_;
  TcpGate gate_;
  S3Client s3_;
  std::string bucket_;
  std::shared_ptr<CredentialsProvider> base_;
  WarningHandler previous_handler_;
  std::vector<std::shared_ptr<RefreshableSession>> sessions_;
  std::deque<ReaderLoad> loads_;
};

TEST_F(Radosgw, ExpiredCredentialsAreRefused) {
  const auto taken = session(seconds{1})->credentials();
  EXPECT_EQ(s3_.send(*taken, "GET", "/" + bucket_).status, 200);
  std::this_thread::sleep_until(*taken->expiration() + milliseconds{500});
  EXPECT_EQ(s3_.send(*taken, "GET", "/" + bucket_).status, 403) << "a server that lets them pass proves nothing";
}

TEST_F(Radosgw, ThirtySecondsAcrossManyExpiriesRefuseNoRequest) {
  start({seconds{3}, seconds{4}, seconds{5}, seconds{5}});
  std::this_thread::sleep_for(seconds{35});
  stop();
  print_table("35 s of credentials that live 3-5 s");
  expect_no_refusal();
  expect_no_read_error();
  for (const auto& load : loads_) {
    EXPECT_GE(load.counts().expiries(system_clock::now()), 6U) << load.name();
  }
}

TEST_F(Radosgw, OutagesShorterThanWhatRemainsRefuseNoRequest) {
  // Refreshed at half of their life, so an outage of 2 s always meets at least 3 s of remaining life.
  start({seconds{6}, seconds{6}, seconds{7}, seconds{8}});
  for (const auto outage : {TcpGate::State::closed, TcpGate::State::silent, TcpGate::State::closed}) {
    std::this_thread::sleep_for(seconds{5});
    gate_.set(outage);
    std::this_thread::sleep_for(seconds{2});
    gate_.set(TcpGate::State::open);
  }
  std::this_thread::sleep_for(seconds{6});
  stop();
  print_table("27 s with three outages of STS of 2 s; credentials live 6-8 s");
  expect_no_refusal();
  expect_no_read_error();
}

TEST_F(Radosgw, AnOutageLongerThanWhatRemainsGivesTypedErrorsThenRecovers) {
  start({seconds{3}, seconds{4}, seconds{4}, seconds{5}});
  std::this_thread::sleep_for(seconds{3});
  gate_.set(TcpGate::State::closed);
  std::this_thread::sleep_for(seconds{10});
  const auto back = system_clock::now();
  gate_.set(TcpGate::State::open);
  std::this_thread::sleep_for(seconds{12});
  stop();
  print_table("3 s healthy, STS away for 10 s, 12 s healthy; credentials live 3-5 s");
  for (const auto& load : loads_) {
    const auto seen = load.counts();
    const auto until_recovered = std::chrono::duration_cast<milliseconds>(seen.last_read_error - back);
    std::printf("%s: %s; the last %lld ms after STS was back\n", load.name().c_str(), text(seen.read_errors).c_str(),
                static_cast<long long>(until_recovered.count()));
    // No session hands out an expired set, but a set can expire while a request that it signed is on its way.
    EXPECT_EQ(sum(seen.refused), seen.overtaken) << load.name() << ": " << text(seen.refused);
    EXPECT_LE(seen.overtaken, kReadersEach) << load.name();
    EXPECT_EQ(seen.expired_reads, 0U) << load.name();
    EXPECT_GT(sum(seen.read_errors), 0U) << "STS was away for longer than the credentials lived";
    for (const auto& [what, count] : seen.read_errors) {
      EXPECT_EQ(what.rfind("ConnectionError ", 0), 0U) << what;
    }
    EXPECT_LT(until_recovered, seconds{6}) << load.name();
    EXPECT_GT(seen.last_accepted, back + seconds{11}) << load.name();
  }
}

TEST_F(Radosgw, AUserTheRoleDoesNotTrustIsToldAccessDenied) {
  auto refused = options(seconds{60});
  refused.base =
      make_static_provider(Credentials{variable("RGW_OTHER_ACCESS_KEY_ID"), variable("RGW_OTHER_SECRET_ACCESS_KEY")});
  RefreshableSession session{std::move(refused)};
  try {
    static_cast<void>(session.credentials());
    FAIL() << "assumed a role that does not trust the user";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), "AccessDenied");
    EXPECT_EQ(error.status_code(), 403);
    EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
    EXPECT_EQ(std::string{error.what()}.find(kCanary), std::string::npos);
  }
}

TEST_F(Radosgw, AnUnknownRoleIsToldByTheServersCode) {
  auto unknown = options(seconds{60});
  unknown.role_arn = "arn:aws:iam::123456789012:role/no-such-role";
  RefreshableSession session{std::move(unknown)};
  try {
    static_cast<void>(session.credentials());
    FAIL() << "assumed a role that is not there";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.status_code(), 404);
    EXPECT_EQ(error.code(), "NoSuchEntity");
  }
}

}  // namespace
}  // namespace aws_refresh_session::testing
