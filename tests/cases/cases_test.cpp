// Runs every case (README.md) through the library: its own files and environment, a transport that answers what the
// case says, and no network.

#include "cases/case_file.hpp"
#include "cases/scripted_transport.hpp"
#include "secret_registry.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>
#include <aws_refresh_session/providers/container.hpp>
#include <aws_refresh_session/providers/default_chain.hpp>
#include <aws_refresh_session/providers/imds.hpp>
#include <aws_refresh_session/providers/profile.hpp>
#include <aws_refresh_session/providers/web_identity.hpp>

#include <gtest/gtest.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace aws_refresh_session::testing {
namespace {

using nlohmann::json;

/// The machine's clock, but waits pass at once: a case with retries takes no longer.
class ImpatientClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const noexcept override { return real_->now() + skipped(); }
  [[nodiscard]] SteadyTime steady_now() const noexcept override { return real_->steady_now() + skipped(); }
  bool wait_until(std::condition_variable& /*condition*/, std::unique_lock<std::mutex>& /*lock*/,
                  SteadyTime deadline) const override {
    skipped_ += std::max<SteadyTime::duration::rep>(0, (deadline - steady_now()).count());
    return true;
  }

 private:
  [[nodiscard]] SteadyTime::duration skipped() const noexcept { return SteadyTime::duration{skipped_.load()}; }

  std::shared_ptr<const Clock> real_ = system_clock();
  mutable std::atomic<SteadyTime::duration::rep> skipped_{0};
};

/// Hears all warnings of one case.
class Warnings {
 public:
  Warnings()
      : before_(set_warning_handler([this](const Warning& warning) {
          const std::scoped_lock lock{mutex_};
          places_.insert(warning.place);
          texts_ += warning.place + ": " + warning.message + "\n";
        })) {}
  ~Warnings() { set_warning_handler(std::move(before_)); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  [[nodiscard]] const std::set<std::string>& places() const noexcept { return places_; }
  [[nodiscard]] const std::string& texts() const noexcept { return texts_; }

 private:
  std::mutex mutex_;
  std::set<std::string> places_;
  std::string texts_;
  WarningHandler before_;
};

struct Outcome {
  std::optional<Credentials> credentials;
  std::shared_ptr<const Error> error;
  WallTime finished{};
};

std::shared_ptr<CredentialsProvider> make_provider_of(const json& content, const ProviderSeams& seams) {
  const auto profile = content.value("profile", std::string{});
  StsClientOptions client;
  client.region = content.value("region", std::string{});
  const auto method = content.value("method", std::string{"default"});
  if (method == "default") {
    return std::make_shared<DefaultChain>(DefaultChainOptions{.profile = profile, .client = client}, seams);
  }
  if (method == "env") {
    return make_environment_provider(seams.environment);
  }
  if (method == "profile") {
    return make_profile_provider({.profile = profile, .client = client}, seams);
  }
  if (method == "web_identity") {
    WebIdentityOptions options;
    options.client = client;
    return make_web_identity_provider(std::move(options), seams);
  }
  if (method == "container") {
    return make_container_provider({}, seams);
  }
  if (method == "imds") {
    return make_imds_provider({.profile = profile}, seams);
  }
  throw std::invalid_argument{"no such method: " + method};
}

Outcome resolve(const json& content, const ProviderSeams& seams) {
  Outcome outcome;
  try {
    outcome.credentials = make_provider_of(content, seams)->resolve({});
  } catch (const Error& error) {
    outcome.error = error.clone();
  }
  outcome.finished = seams.clock->now();
  return outcome;
}

void expect_text(const json& wanted, const char* field, std::string_view found) {
  // Without the texts: they may be secrets.
  EXPECT_TRUE(wanted.value(field, std::string{}) == found) << field << " differs";
}

void expect_expiration(const json& wanted, const Credentials& credentials, WallTime now) {
  const auto found = credentials.expiration();
  if (!wanted.contains("expiration")) {
    EXPECT_FALSE(found) << "an expiration that the case does not have";
    return;
  }
  ASSERT_TRUE(found) << "no expiration";
  const auto& expected = wanted.at("expiration");
  if (expected.is_string()) {
    const std::string printed = to_string(Credentials{"k", "s", {}, found});
    EXPECT_NE(printed.find("expiration=" + expected.get<std::string>()), std::string::npos) << printed;
    return;
  }
  const auto& minutes = expected.at("in_minutes");
  EXPECT_GE(*found, now + std::chrono::minutes{minutes.at(0).get<int>()});
  // A minute more: the case itself takes time.
  EXPECT_LE(*found, now + std::chrono::minutes{minutes.at(1).get<int>() + 1});
}

void expect_credentials(const json& wanted, const Credentials& credentials, WallTime now) {
  EXPECT_EQ(credentials.access_key_id(), wanted.at("access_key_id").get<std::string>());
  expect_text(wanted, "secret_access_key", credentials.secret_access_key().reveal());
  expect_text(wanted, "session_token", credentials.session_token().reveal());
  EXPECT_EQ(credentials.account_id(), wanted.value("account_id", std::string{}));
  if (wanted.contains("provider_name")) {
    EXPECT_EQ(credentials.provider_name(), wanted.at("provider_name").get<std::string>());
  }
  expect_expiration(wanted, credentials, now);
}

void expect_error(const json& wanted, const Error& error) {
  const std::string text = error.what();
  if (wanted.contains("code")) {
    EXPECT_EQ(error.code(), wanted.at("code").get<std::string>()) << text;
  }
  EXPECT_EQ(to_string(error.kind()), wanted.value("kind", std::string{"non_recoverable"})) << text;
  for (const auto& part : part_of(wanted, "message_contains")) {
    EXPECT_NE(text.find(part.get<std::string>()), std::string::npos) << "the text lacks " << part << ":\n" << text;
  }
}

void expect_files(const json& wanted, const CaseFile& file) {
  constexpr auto kPermissions = std::filesystem::perms::mask;
  for (const auto& [name, expected] : wanted.items()) {
    const auto path = file.home() / name;
    ASSERT_TRUE(std::filesystem::exists(path)) << name << " does not exist";
    const auto text = read_text(path);
    for (const auto& part : part_of(expected, "contains")) {
      EXPECT_TRUE(text.find(part.get<std::string>()) != std::string::npos) << name << " lacks a text";
    }
    for (const auto& part : part_of(expected, "lacks")) {
      EXPECT_TRUE(text.find(part.get<std::string>()) == std::string::npos) << name << " has a text that it must not";
    }
    if (expected.contains("mode")) {
      std::array<char, 8> mode{};
      std::snprintf(mode.data(), mode.size(), "0%o",
                    static_cast<unsigned>(std::filesystem::status(path).permissions() & kPermissions));
      EXPECT_EQ(mode.data(), expected.at("mode").get<std::string>()) << name;
    }
  }
}

void expect_no_secret(std::string_view where, std::string_view text) {
  EXPECT_TRUE(text.find(kCanary) == std::string_view::npos) << "a secret stands in " << where;
}

class Case : public ::testing::Test {
 public:
  explicit Case(CaseName name) : name_(std::move(name)) {}

  void TestBody() override {
    const CaseFile file{CASES_DIRECTORY, name_, ::testing::TempDir()};
    const auto& content = file.content();
    if (content.contains("skip_library")) {
      GTEST_SKIP() << content.at("skip_library").get<std::string>();
    }
    const auto transport = std::make_shared<ScriptedTransport>(part_of(content, "http"),
                                                               content.value("any_order", false), file.ca_bundle());
    const ProviderSeams seams{.clock = std::make_shared<ImpatientClock>(),
                              .transport = transport,
                              .environment = std::make_shared<FixedEnvironment>(file.environment()),
                              .skew = std::make_shared<ClockSkew>()};

    Outcome outcome;
    const Warnings warnings;
    ::testing::internal::CaptureStderr();
    try {
      outcome = resolve(content, seams);
    } catch (const std::exception& other) {
      ADD_FAILURE() << "not an Error: " << other.what();
    }
    const auto printed = ::testing::internal::GetCapturedStderr();

    for (const auto& fault : transport->faults()) {
      ADD_FAILURE() << fault;
    }
    check(content.at("expect"), outcome);
    expect_warnings(content, warnings);
    expect_files(part_of(content, "files_after"), file);
    expect_no_secret("the log", printed);
    expect_no_secret("a warning", warnings.texts());
    if (outcome.error) {
      expect_no_secret("the error's text", outcome.error->what());
    }
  }

 private:
  static void check(const json& wanted, const Outcome& outcome) {
    if (wanted.contains("error")) {
      ASSERT_TRUE(outcome.error) << "no error, but "
                                 << (outcome.credentials ? to_string(*outcome.credentials) : "none");
      expect_error(wanted.at("error"), *outcome.error);
      return;
    }
    ASSERT_TRUE(outcome.credentials) << (outcome.error ? outcome.error->what() : "nothing");
    expect_credentials(wanted.at("credentials"), *outcome.credentials, outcome.finished);
  }

  static void expect_warnings(const json& content, const Warnings& warnings) {
    const auto wanted = content.value("warnings", std::set<std::string>{});
    EXPECT_EQ(warnings.places(), wanted) << warnings.texts();
  }

  CaseName name_;
};

}  // namespace
}  // namespace aws_refresh_session::testing

int main(int argc, char** argv) {
  namespace ars = aws_refresh_session::testing;
  // Everything that the library could log, so that a secret in it would be seen.
  ::setenv("AWS_REFRESH_SESSION_LOG", "debug", 1);
  ::testing::InitGoogleTest(&argc, argv);
  for (const auto& name : ars::list_cases(CASES_DIRECTORY)) {
    ::testing::RegisterTest(("Cases_" + name.source).c_str(), name.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [name]() -> ars::Case* { return new ars::Case{name}; });
  }
  return RUN_ALL_TESTS();
}
