#include "bench/child_process.hpp"
#include "bench/table.hpp"
#include "emulator/emulator.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::bench {
namespace {

constexpr int kProfiles = 10'000;
constexpr int kSessions = 200;

/// A directory with the two shared files in it, as HOME.
class Home {
 public:
  Home() {
    auto name = (std::filesystem::temp_directory_path() / "bench-profiles-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error{"cannot make a directory for the profiles"};
    }
    path_ = name;
    std::filesystem::create_directory(path_ / ".aws");
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string directory() const { return path_.string(); }
  [[nodiscard]] std::string config() const { return (path_ / ".aws" / "config").string(); }
  void write_config(const std::string& text) const { write(config(), text); }
  void write_credentials(const std::string& text) const { write((path_ / ".aws" / "credentials").string(), text); }

 private:
  static void write(const std::string& path, const std::string& text) {
    std::ofstream{path} << text;
    std::filesystem::permissions(path, std::filesystem::perms{0600});
  }

  std::filesystem::path path_;
};

std::string many_profiles() {
  std::string text;
  for (int index = 0; index < kProfiles; ++index) {
    text += fmt::format(
        "[profile team-{0:05}]\naws_access_key_id = AKIA{0:016}\naws_secret_access_key = {0:040}\n"
        "region = eu-central-1\noutput = json\n\n",
        index);
  }
  return text;
}

ProviderSeams seams_at(const Home& home) {
  ProviderSeams seams;
  seams.environment =
      std::make_shared<FixedEnvironment>(std::map<std::string, std::string, std::less<>>{{"HOME", home.directory()}});
  return seams;
}

/// Reads, parses and resolves in this process, each time from nothing. The middle of the times, in milliseconds.
double parse_and_resolve(const Home& home) {
  std::vector<double> times;
  for (int run = 0; run < 21; ++run) {
    const auto provider = make_profile_provider({.profile = "team-05000"}, seams_at(home));
    const auto before = std::chrono::steady_clock::now();
    if (provider->resolve({}).empty()) {
      throw std::runtime_error{"no credentials in the bench's profile"};
    }
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

/// How often a file was opened, as the kernel counts it.
class OpenCounter {
 public:
  explicit OpenCounter(const std::string& path) : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (descriptor_ < 0 || ::inotify_add_watch(descriptor_, path.c_str(), IN_OPEN | IN_CLOSE) < 0) {
      throw std::runtime_error{"cannot watch " + path};
    }
  }
  OpenCounter(const OpenCounter&) = delete;
  OpenCounter& operator=(const OpenCounter&) = delete;
  ~OpenCounter() { ::close(descriptor_); }

  /// Since the last call. The closes are watched, too, because the kernel merges two equal events in a row.
  [[nodiscard]] int take() const {
    std::array<char, 4096> buffer{};
    int count = 0;
    for (auto got = ::read(descriptor_, buffer.data(), buffer.size()); got > 0;
         got = ::read(descriptor_, buffer.data(), buffer.size())) {
      for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
        ::inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof event);
        at += sizeof event + event.len;
        count += (event.mask & IN_OPEN) != 0 ? 1 : 0;
      }
    }
    return count;
  }

 private:
  int descriptor_;
};

/// Makes the sessions one after the other and reads each one's credentials.
int opens_by_many_sessions(const Home& home) {
  const OpenCounter counter{home.config()};
  std::vector<std::unique_ptr<RefreshableSession>> sessions;
  int opens = 0;
  for (int index = 0; index < kSessions; ++index) {
    SessionOptions options;
    options.environment = seams_at(home).environment;
    sessions.push_back(std::make_unique<RefreshableSession>(ProfileOptions{.profile = "team-05000"}, options));
    static_cast<void>(sessions.back()->credentials());
    opens += counter.take();
  }
  return opens;
}

std::string exists(const std::string& program, const std::string& name, const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment, int runs) {
  if (::access(program.c_str(), X_OK) != 0) {
    return {};
  }
  return name + " " + to_string(measure_process(arguments, environment, runs));
}

}  // namespace

Rows profiles() {
  Rows rows;
  const auto environment_of = [](const Home& home) {
    return std::vector<std::string>{"PATH=/usr/bin:/bin", "HOME=" + home.directory(), "AWS_EC2_METADATA_DISABLED=true"};
  };
  const std::string botocore =
      "import sys, botocore.session; "
      "print(botocore.session.Session(profile=sys.argv[1]).get_credentials().get_frozen_credentials().access_key)";
  const auto by_botocore = [&](const std::string& profile, const std::vector<std::string>& environment) {
    return exists("/usr/bin/python3", "botocore", {"/usr/bin/python3", "-c", botocore, profile}, environment, 5);
  };

  const Home many;
  many.write_config(many_profiles());
  // Files that have just changed are read each time: their time stamps could miss the next change.
  std::this_thread::sleep_for(std::chrono::milliseconds{2100});
  rows.push_back(
      {fmt::format("{} profiles in the config file: read, parsed and one resolved, in the process; `process` "
                   "as a whole, peak memory",
                   kProfiles),
       fmt::format(
           "{:.1f} ms; {}", parse_and_resolve(many),
           to_string(measure_process({BENCH_PROGRAM, "process", "--profile", "team-05000"}, environment_of(many), 11))),
       "15 ms", by_botocore("team-05000", environment_of(many))});
  rows.push_back({fmt::format("{} sessions on one profile, each with credentials: opens of the config file", kSessions),
                  fmt::format("{}", opens_by_many_sessions(many)), "1", ""});

  const Home few;
  few.write_credentials(fmt::format("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
                                    emulator::kDefaultAccessKeyId, emulator::kDefaultSecretAccessKey));
  rows.push_back(
      {"`process` from a static profile, whole process, peak memory",
       to_string(measure_process({BENCH_PROGRAM, "process", "--profile", "default"}, environment_of(few), 41)),
       "5 ms, 10 MiB", by_botocore("default", environment_of(few))});

  emulator::Emulator service;
  few.write_config(
      fmt::format("[profile role]\nrole_arn = {}\nrole_session_name = bench\nsource_profile = default\n"
                  "region = us-east-1\nendpoint_url = {}\n",
                  service.role_arn(), service.endpoint_url()));
  const auto ours =
      measure_process({BENCH_PROGRAM, "process", "--profile", "role", "--no-cache"}, environment_of(few), 41);
  auto measured = to_string(ours);
  std::string peers;
  if (::access("/usr/bin/curl", X_OK) == 0) {
    const auto curl =
        measure_process({"/usr/bin/curl", "-sSf", "--aws-sigv4", "aws:amz:us-east-1:sts", "-u",
                         fmt::format("{}:{}", emulator::kDefaultAccessKeyId, emulator::kDefaultSecretAccessKey),
                         service.endpoint_url() + "/", "-d",
                         "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bench&RoleArn=" + service.role_arn()},
                        environment_of(few), 41);
    measured += fmt::format(", {:.2f} x curl", ours.median / curl.median);
    peers = "curl, same request " + to_string(curl);
  }
  rows.push_back({"`process` from a role profile, loopback http, whole process, peak memory", measured,
                  "1.3 x a bare curl", peers});
  // The runs before the measured ones fill the cache.
  rows.push_back({"`process` from a role profile, answered from the cache, whole process, peak memory",
                  to_string(measure_process({BENCH_PROGRAM, "process", "--profile", "role"}, environment_of(few), 41)),
                  "5 ms", ""});
  return rows;
}

}  // namespace aws_refresh_session::bench
