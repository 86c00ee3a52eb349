// Log, counters, the control interface and the program.

#include "emulator_client.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

namespace aws_refresh_session::emulator::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;

Options with_admin() {
  Options options;
  options.admin = true;
  return options;
}

Answer admin(const Rig& rig, const std::string& method, const std::string& path, const std::string& body = {}) {
  return rig.send({.method = method, .path = "/_emulator/" + path, .body = body});
}

TEST(EmulatorLog, EntriesTellWhatHappenedAndHoldNoSecret) {
  Rig rig;
  const auto keys = Rig::keys_of(rig.assume());
  auto presigned = Rig::resource("GET", "/resource/x");
  presigned.expires = seconds{60};
  EXPECT_EQ(rig.send_signed(presigned, keys).status, 200);
  rig.emulator.add_fault({.kind = FaultKind::reset, .count = 1});
  static_cast<void>(rig.call("GetCallerIdentity"));
  const auto log = rig.emulator.log();
  ASSERT_EQ(log.size(), 3U);
  EXPECT_EQ(log[0].number, 1U);
  EXPECT_EQ(log[0].action, Action::assume_role);
  EXPECT_EQ(log[0].access_key_id, kDefaultAccessKeyId);
  EXPECT_EQ(log[0].principal, "arn:aws:iam::123456789012:user/emulator");
  EXPECT_EQ(log[0].status, 200);
  EXPECT_EQ(log[1].action, Action::resource);
  EXPECT_EQ(log[1].path, "/resource/x");
  EXPECT_EQ(log[1].access_key_id, keys.access_key_id);
  EXPECT_EQ(log[2].status, 0);
  EXPECT_EQ(log[2].faults, std::vector{FaultKind::reset});
  const auto text = to_json(log);
  EXPECT_TRUE(text.find(keys.secret_access_key) == std::string::npos);
  EXPECT_TRUE(text.find(encode(keys.session_token)) == std::string::npos);
  EXPECT_TRUE(text.find(keys.session_token) == std::string::npos);
  EXPECT_TRUE(text.find("Signature") == std::string::npos);
  EXPECT_EQ(json::parse(text)[0]["time"], "2026-01-01T00:00:00.000Z");
}

TEST(EmulatorLog, KeepsTheNewestOnly) {
  Options options;
  options.log_capacity = 2;
  const Rig rig{options};
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(rig.call("GetCallerIdentity"));
  }
  ASSERT_EQ(rig.emulator.log().size(), 2U);
  EXPECT_EQ(rig.emulator.log().front().number, 4U);
  EXPECT_EQ(rig.emulator.counters().requests, 5U);
}

TEST(EmulatorLog, BytesThatAreNoTextDoNotBreakTheJson) {
  const Rig rig;
  static_cast<void>(rig.send({.path = "/\xff\xfe", .body = "Action=%ff&x=%00"}));
  static_cast<void>(rig.send({.path = "/", .body = "Action=%ff&%fe=%00"}));
  EXPECT_EQ(json::parse(to_json(rig.emulator.log())).size(), 2U);
}

TEST(EmulatorLog, ObserverSeesEachRequestBeforeItsAnswer) {
  Rig rig;
  std::mutex mutex;
  std::vector<std::string> seen;
  rig.emulator.on_request([&](const LogEntry& entry) {
    const std::lock_guard lock{mutex};
    seen.emplace_back(to_string(entry.action));
  });
  static_cast<void>(rig.call("GetCallerIdentity"));
  static_cast<void>(rig.assume());
  rig.emulator.on_request({});
  static_cast<void>(rig.assume());
  const std::lock_guard lock{mutex};
  EXPECT_EQ(seen, (std::vector<std::string>{"GetCallerIdentity", "AssumeRole"}));
}

TEST(EmulatorCounters, SumsAndReset) {
  Rig rig;
  static_cast<void>(rig.assume());
  static_cast<void>(rig.assume({}, {}, "nobody"));
  const auto counters = rig.emulator.counters();
  EXPECT_EQ(counters.requests, 2U);
  EXPECT_EQ(counters.by_action.at(Action::assume_role), 2U);
  EXPECT_EQ(counters.by_status.at(200), 1U);
  EXPECT_EQ(counters.by_status.at(403), 1U);
  EXPECT_EQ(counters.by_code.at("AccessDenied"), 1U);
  EXPECT_EQ(counters.credentials_issued, 1U);
  rig.emulator.reset_counters();
  EXPECT_EQ(rig.emulator.counters().requests, 0U);
  EXPECT_EQ(rig.emulator.arrived(Action::assume_role), 2U);
  EXPECT_FALSE(rig.emulator.wait_for_arrivals(Action::assume_role, 3, std::chrono::milliseconds{1}));
}

TEST(EmulatorNames, AllActionsAndFaultsCanBeReadBack) {
  for (int i = 0; i <= static_cast<int>(Action::other); ++i) {
    EXPECT_EQ(parse_action(to_string(static_cast<Action>(i))), static_cast<Action>(i));
  }
  for (int i = 0; i <= static_cast<int>(FaultKind::skewed_clock); ++i) {
    EXPECT_EQ(parse_fault_kind(to_string(static_cast<FaultKind>(i))), static_cast<FaultKind>(i));
  }
  EXPECT_EQ(parse_action("assumerole"), std::nullopt);
  EXPECT_EQ(parse_fault_kind(""), std::nullopt);
}

TEST(EmulatorEnvironment, PointsAClientHere) {
  const Rig rig;
  const auto variables = rig.emulator.environment();
  EXPECT_EQ(variables.front(),
            (std::pair<std::string, std::string>{"AWS_ENDPOINT_URL_STS", rig.emulator.endpoint_url()}));
  EXPECT_EQ(variables.size(), 4U);
}

TEST(EmulatorAdmin, FaultsCanBeAddedListedAndRemoved) {
  const Rig rig{with_admin()};
  const auto added = admin(rig, "POST", "faults",
                           R"({"kind":"throttling","action":"AssumeRole","count":2,"status":429,"delay_ms":5})");
  EXPECT_EQ(added.status, 200);
  EXPECT_EQ(rig.assume().status, 429);
  const auto list = json::parse(admin(rig, "GET", "faults").body);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["kind"], "throttling");
  EXPECT_EQ(list[0]["action"], "AssumeRole");
  EXPECT_EQ(list[0]["count"], 1);
  const auto id = json::parse(added.body)["id"].dump();
  EXPECT_EQ(admin(rig, "DELETE", "faults/" + id).status, 200);
  EXPECT_EQ(admin(rig, "DELETE", "faults/" + id).status, 404);
  EXPECT_EQ(rig.assume().status, 200);
  EXPECT_EQ(admin(rig, "POST", "faults", R"({"kind":"forbidden"})").status, 200);
  EXPECT_EQ(admin(rig, "DELETE", "faults").status, 200);
  EXPECT_EQ(rig.assume().status, 200);
}

TEST(EmulatorAdmin, BadRequestsChangeNothingAndSayWhy) {
  const Rig rig{with_admin()};
  for (const char* body :
       {"{", "[]", "{}", R"({"kind":"flood"})", R"({"kind":7})", R"({"kind":"reset","action":"Sing"})",
        R"({"kind":"reset","count":0})", R"({"kind":"reset","count":-1})", R"({"kind":"reset","probability":2})",
        R"({"kind":"reset","probability":"x"})", R"({"kind":"latency","delay_ms":-1})",
        R"({"kind":"latency","delay_ms":9223372036854775807})", R"({"kind":"skewed_date","skew_seconds":1e300})",
        R"({"kind":"skewed_clock","skew_seconds":315000000000})", R"({"kind":"reset","seed":-1})",
        R"({"kind":"reset","seed":18446744073709551615})", R"({"kind":"reset","count":1.5})",
        R"({"kind":"server_error","status":1e300})", R"({"kind":"server_error","status":200})"}) {
    const auto answer = admin(rig, "POST", "faults", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_TRUE(json::parse(answer.body).contains("error")) << body;
  }
  EXPECT_TRUE(rig.emulator.active_faults().empty());
  EXPECT_EQ(admin(rig, "PUT", "faults").status, 405);
  EXPECT_EQ(admin(rig, "GET", "nothing").status, 404);
  EXPECT_EQ(admin(rig, "GET", "release").status, 404);
}

TEST(EmulatorAdmin, LogCountersClockExpireAndHealth) {
  const Rig rig{with_admin()};
  const auto keys = Rig::keys_of(rig.assume());
  EXPECT_EQ(json::parse(admin(rig, "GET", "health").body)["status"], "ok");
  EXPECT_EQ(json::parse(admin(rig, "GET", "log").body)[0]["action"], "AssumeRole");
  EXPECT_EQ(json::parse(admin(rig, "GET", "counters").body)["by_action"]["AssumeRole"], 1);
  EXPECT_EQ(admin(rig, "DELETE", "counters").status, 200);
  EXPECT_EQ(json::parse(admin(rig, "GET", "counters").body)["requests"], 0);
  EXPECT_EQ(admin(rig, "POST", "clock", R"({"offset_ms":3600000})").status, 200);
  EXPECT_EQ(rig.call("GetCallerIdentity").code(), "RequestTimeTooSkewed");
  EXPECT_EQ(admin(rig, "POST", "clock", R"({"offset_ms":0})").status, 200);
  EXPECT_EQ(admin(rig, "POST", "expire", R"({"access_key_id":"ASIAUNKNOWN"})").status, 404);
  EXPECT_EQ(rig.get_resource(keys).status, 200);
  EXPECT_EQ(admin(rig, "POST", "expire", json{{"access_key_id", keys.access_key_id}}.dump()).status, 200);
  EXPECT_EQ(rig.get_resource(keys).code(), "ExpiredToken");
  const auto more = Rig::keys_of(rig.assume());
  EXPECT_EQ(admin(rig, "POST", "expire").status, 200);
  EXPECT_EQ(rig.get_resource(more).code(), "ExpiredToken");
}

TEST(EmulatorAdmin, ReleaseLetsHangingRequestsGoOn) {
  Rig rig{with_admin()};
  rig.emulator.add_fault({.kind = FaultKind::hang, .count = 1});
  Answer answer;
  std::thread caller{[&] { answer = rig.assume(); }};
  while (rig.emulator.counters().requests == 0) {
    EXPECT_EQ(admin(rig, "POST", "release").status, 200);
  }
  caller.join();
  EXPECT_EQ(answer.status, 200);
}

#ifdef EMULATOR_PROGRAM

/// The program as a child process.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) {
      throw std::runtime_error("pipe");
    }
    std::string path = EMULATOR_PROGRAM;
    std::vector<char*> argv{path.data()};
    for (auto& each : arguments) {
      argv.push_back(each.data());
    }
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(pipe[1], 1);
      ::dup2(pipe[1], 2);
      ::close(pipe[0]);
      ::close(pipe[1]);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    output_ = ::fdopen(pipe[0], "r");
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      static_cast<void>(wait());
    }
    static_cast<void>(std::fclose(output_));
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// The next line; empty at the end.
  std::string line() {
    std::string text;
    for (int c = std::fgetc(output_); c != EOF && c != '\n'; c = std::fgetc(output_)) {
      text += static_cast<char>(c);
    }
    return text;
  }
  std::string all() {
    std::string text;
    for (int c = std::fgetc(output_); c != EOF; c = std::fgetc(output_)) {
      text += static_cast<char>(c);
    }
    return text;
  }
  void signal(int number) const { ::kill(pid_, number); }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  std::FILE* output_ = nullptr;
};

TEST(EmulatorProgram, PrintsTheVariablesServesAndStopsOnSignals) {
  for (const int number : {SIGINT, SIGTERM}) {
    const auto file = std::filesystem::path{::testing::TempDir()} / ("port" + std::to_string(::getpid()));
    Program program{{"--role", "a", "--role", "b", "--max-duration", "7", "--port-file", file.string()}};
    const auto first = program.line();
    const auto colon = first.find("127.0.0.1:");
    ASSERT_NE(colon, std::string::npos) << first;
    const auto port = static_cast<std::uint16_t>(std::stoi(first.substr(colon + 10)));
    EXPECT_EQ(program.line(), "export AWS_ENDPOINT_URL_STS='http://127.0.0.1:" + std::to_string(port) + "'");
    EXPECT_EQ(program.line(), "export AWS_ACCESS_KEY_ID='AKIAIOSFODNN7EXAMPLE'");
    program.line();
    EXPECT_EQ(program.line(), "export AWS_REGION='us-east-1'");
    EXPECT_EQ(program.line(), "export ROLE_ARN='arn:aws:iam::123456789012:role/a'");

    Wire connection{port};
    const Call call = Rig::action(
        "AssumeRole",
        {{"RoleArn", "arn:aws:iam::123456789012:role/b"}, {"RoleSessionName", "tester"}, {"DurationSeconds", "7"}});
    connection.send(wire(sign(call, {}, std::chrono::system_clock::now()), port));
    EXPECT_EQ(connection.receive().status, 200);
    const auto deadline = std::chrono::steady_clock::now() + seconds{10};
    while (!std::filesystem::exists(file) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    std::string written;
    std::ifstream{file} >> written;
    EXPECT_EQ(written, std::to_string(port));

    program.signal(number);
    EXPECT_EQ(program.wait(), 0);
    EXPECT_FALSE(std::filesystem::exists(file));
  }
}

TEST(EmulatorProgram, LogsJsonLinesWhenAsked) {
  Program program{{"--json", "--admin"}};
  const auto first = program.line();
  const auto port = static_cast<std::uint16_t>(std::stoi(first.substr(first.find("127.0.0.1:") + 10)));
  Wire connection{port};
  connection.send(wire(Rig::action("GetCallerIdentity"), port));
  EXPECT_EQ(connection.receive().status, 403);
  connection.send(wire({.method = "GET", .path = "/_emulator/health"}, port));
  EXPECT_EQ(connection.receive().status, 200);
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0);
  const auto output = program.all();
  const auto from = output.find("{\"time\"");
  ASSERT_NE(from, std::string::npos);
  EXPECT_EQ(json::parse(output.substr(from, output.find('\n', from) - from))["code"], "MissingAuthenticationToken");
}

TEST(EmulatorProgram, BadOptionsGetOneLineAndExitCode2) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--port", "70000"},
                                                                     {"--account", "12"},
                                                                     {"--max-duration", "0"},
                                                                     {"--min-duration", "9", "--max-duration", "3"},
                                                                     {"--mfa-seed", "SECRETCANARY!"},
                                                                     {"--unknown"}}) {
    Program program{arguments};
    const auto output = program.all();
    EXPECT_EQ(program.wait(), 2) << arguments.front();
    EXPECT_FALSE(output.empty());
    EXPECT_TRUE(output.find("SECRETCANARY") == std::string::npos);
  }
}

TEST(EmulatorProgram, PortInUseGivesExitCode1AndHelpNamesEveryFault) {
  const Rig rig;
  Program taken{{"--port", std::to_string(rig.emulator.port())}};
  EXPECT_NE(taken.all().find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(taken.wait(), 1);
  Program help{{"--help"}};
  const auto text = help.all();
  EXPECT_EQ(help.wait(), 0);
  for (int i = 0; i <= static_cast<int>(FaultKind::skewed_clock); ++i) {
    const auto name = std::string{to_string(static_cast<FaultKind>(i))};
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
}

#endif

}  // namespace
}  // namespace aws_refresh_session::emulator::testing
