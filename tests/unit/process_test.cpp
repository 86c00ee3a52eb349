#include "core/process.hpp"

#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace aws_refresh_session::core {
namespace {

using namespace std::chrono_literals;
using Outcome = ProcessResult::Outcome;

ProcessOptions shell(std::string script) {
  return {.arguments = {"/bin/sh", "-c", std::move(script)}};
}

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return std::distance(begin(all), end(all));
}

TEST(Process, OutputAndStatusAreCaptured) {
  const auto result = run_process({.arguments = {"/bin/echo", "a b", "$HOME", "'*'"}});
  EXPECT_EQ(result.outcome, Outcome::exited);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.output, "a b $HOME '*'\n");
  EXPECT_EQ(run_process(shell("echo x; exit 3")).exit_status, 3);
}

TEST(Process, AProgramWithoutASlashIsSearchedInPath) {
  EXPECT_EQ(run_process({.arguments = {"printf", "x"}}).output, "x");
}

TEST(Process, ASignalIsToldFromAnExit) {
  const auto result = run_process(shell("kill -TERM $$"));
  EXPECT_EQ(result.outcome, Outcome::signalled);
  EXPECT_EQ(result.signal, SIGTERM);
}

TEST(Process, WhatCannotBeStartedSaysWhy) {
  const auto directory = std::filesystem::path{::testing::TempDir()} / ("process-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  const auto script = directory / "no-interpreter";
  std::ofstream{script} << "echo ran by a shell after all\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  struct Case {
    ProcessOptions options;
    int error;
    bool bad_directory;
  };
  const std::vector<Case> cases = {
      {{.arguments = {}}, ENOENT, false},
      {{.arguments = {""}}, ENOENT, false},
      {{.arguments = {"/nonexistent/program"}}, ENOENT, false},
      {{.arguments = {"a-program-that-nobody-has"}}, ENOENT, false},
      {{.arguments = {directory}}, EACCES, false},
      {{.arguments = {"/etc/passwd"}}, EACCES, false},
      {{.arguments = {script}}, ENOEXEC, false},
      {{.arguments = {"/bin/true"}, .working_directory = "/nonexistent"}, ENOENT, true},
      {{.arguments = {"/bin/true"}, .working_directory = "/etc/passwd"}, ENOTDIR, true},
      {{.arguments = {"./no-such"}, .working_directory = "/"}, ENOENT, false},
  };
  for (const auto& each : cases) {
    const auto result = run_process(each.options);
    const auto name = each.options.arguments.empty() ? "(none)" : each.options.arguments.front();
    EXPECT_EQ(result.outcome, Outcome::failed) << name;
    EXPECT_EQ(result.error, each.error) << name;
    EXPECT_EQ(result.bad_directory, each.bad_directory) << name;
  }
  std::filesystem::remove_all(directory);
}

TEST(Process, EnvironmentIsInheritedOrReplacedAsAWhole) {
  ::setenv("PROCESS_TEST", "inherited", 1);
  EXPECT_EQ(run_process(shell("echo $PROCESS_TEST")).output, "inherited\n");
  auto options = shell("echo $PROCESS_TEST$OTHER");
  options.environment.emplace().emplace("OTHER", "own");
  EXPECT_EQ(run_process(options).output, "own\n");
  options.environment.emplace();
  EXPECT_EQ(run_process(options).output, "\n");
}

TEST(Process, WorkingDirectoryIsEntered) {
  EXPECT_EQ(run_process({.arguments = {"/bin/pwd"}, .working_directory = "/usr"}).output, "/usr\n");
}

TEST(Process, InputOfAnySizeIsReadOrIgnored) {
  EXPECT_EQ(run_process({.arguments = {"cat"}, .input = "hello"}).output, "hello");
  EXPECT_EQ(run_process({.arguments = {"cat"}}).output, "");
  EXPECT_EQ(run_process({.arguments = {"wc", "-c"}, .input = std::string(3'000'000, 'x')}).output, "3000000\n");
  // A writer into a pipe would be hit by SIGPIPE here.
  EXPECT_EQ(run_process({.arguments = {"/bin/true"}, .input = std::string(3'000'000, 'x')}).exit_status, 0);
}

TEST(Process, OutputPastTheLimitEndsTheProgram) {
  const auto most = run_process(shell("head -c 65536 /dev/zero"));
  EXPECT_EQ(most.outcome, Outcome::exited);
  EXPECT_EQ(most.output.size(), ProcessResult::kMaxOutput);
  EXPECT_EQ(run_process(shell("head -c 65537 /dev/zero")).outcome, Outcome::too_much_output);
  EXPECT_EQ(run_process({.arguments = {"yes"}}).outcome, Outcome::too_much_output);
}

TEST(Process, StandardErrorIsNotCaptured) {
  EXPECT_EQ(run_process(shell("echo to-stderr >&2; echo out")).output, "out\n");
}

TEST(Process, SignalsAndDescriptorsOfThisProcessAreNotPassedOn) {
  const auto previous = std::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &old);
  const std::ifstream inherited{"/dev/null"};  // a descriptor without close-on-exec
  const auto result = run_process(
      // In the shell's own place: a shell that makes a pipeline has the pipe's ends open for a moment.
      shell("sed -nE 's/^Sig(Blk|Ign):.//p' /proc/$$/status | tr '\\n' ' '; exec ls -m /proc/self/fd"));
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  std::signal(SIGPIPE, previous);
  std::istringstream output{result.output};
  std::uint64_t is_blocked = 0;
  std::uint64_t is_ignored = 0;
  std::string descriptors;
  std::getline(output >> std::hex >> is_blocked >> is_ignored >> std::ws, descriptors);
  constexpr std::uint64_t kStandardSignals = 0x7fff'ffff;  // 1-31; the C library keeps 32 and 33 for itself
  EXPECT_EQ(is_blocked & kStandardSignals, 0U) << result.output;
  EXPECT_EQ(is_ignored & kStandardSignals, 0U) << result.output;
  EXPECT_EQ(descriptors, "0, 1, 2, 3") << "the last is the directory that ls reads";
}

TEST(Process, StandardStreamsThatAreClosedHereDoNotDisturb) {
  const auto child = ::fork();
  if (child == 0) {
    ::close(0);
    ::close(1);
    const auto result = run_process({.arguments = {"cat"}, .input = "through"});
    ::_exit(result.output == "through" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// ---- ending it

/// Makes orphans of this process's children its own children, so that their end can be waited for.
class Subreaper {
 public:
  Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
  Subreaper(const Subreaper&) = delete;
  Subreaper& operator=(const Subreaper&) = delete;
};

bool was_killed(pid_t orphan) {
  int status = 0;
  return ::waitpid(orphan, &status, 0) == orphan && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(Process, TheTimeLimitKillsTheWholeGroupAndLeavesNoZombie) {
  const Subreaper subreaper;
  auto options = shell("sleep 60 & echo $$ $!; trap '' TERM INT; wait");
  options.timeout = 200ms;
  const auto result = run_process(options);
  EXPECT_EQ(result.outcome, Outcome::timed_out);
  pid_t program = 0;
  pid_t background = 0;
  std::istringstream{result.output} >> program >> background;
  ASSERT_GT(program, 0);
  ASSERT_GT(background, 0);
  EXPECT_EQ(::waitpid(program, nullptr, WNOHANG), -1) << "it was waited for already";
  EXPECT_TRUE(was_killed(background));
}

TEST(Process, StoppingKillsPromptly) {
  std::stop_source stop;
  auto running = std::async(std::launch::async, [&] {
    return run_process({.arguments = {"sleep", "60"}}, stop.get_token());
  });
  EXPECT_EQ(running.wait_for(20ms), std::future_status::timeout);
  const auto before = std::chrono::steady_clock::now();
  stop.request_stop();
  EXPECT_EQ(running.get().outcome, Outcome::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 200ms);
}

TEST(Process, AStopBeforehandStartsNothing) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(run_process({.arguments = {"/nonexistent"}}, stop.get_token()).outcome, Outcome::cancelled);
}

TEST(Process, ABackgroundChildThatKeepsStandardOutputOpenIsNotWaitedFor) {
  const Subreaper subreaper;
  const auto before = std::chrono::steady_clock::now();
  const auto result = run_process(shell("sleep 60 & echo $!"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  EXPECT_EQ(result.outcome, Outcome::exited);
  const auto background = static_cast<pid_t>(std::stol(result.output));
  EXPECT_EQ(::waitpid(background, nullptr, WNOHANG), 0) << "it must run on";
  ::kill(background, SIGKILL);
  EXPECT_TRUE(was_killed(background));
}

TEST(Process, AProgramThatClosesItsOutputIsStillWaitedFor) {
  const auto result = run_process(shell("exec >&-; read x; exit 7"));
  EXPECT_EQ(result.outcome, Outcome::exited);
  EXPECT_EQ(result.exit_status, 7);
}

TEST(Process, ManyAtOnceFromManyThreadsKeepTheirOutputsApart) {
  std::vector<std::jthread> threads;
  std::atomic<int> right{0};
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&right, thread] {
      for (int index = 0; index < 10; ++index) {
        const auto text = std::to_string(thread * 100 + index);
        right += run_process({.arguments = {"echo", text}}).output == text + "\n" ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(right, 80);
}

TEST(Process, NoDescriptorStaysOpen) {
  static_cast<void>(run_process({.arguments = {"/bin/true"}}));
  const auto before = open_descriptors();
  for (int index = 0; index < 10; ++index) {
    static_cast<void>(run_process({.arguments = {"/bin/true"}, .input = "x"}));
    static_cast<void>(run_process({.arguments = {"/nonexistent"}}));
    auto slow = shell("sleep 60");
    slow.timeout = 5ms;
    EXPECT_EQ(run_process(slow).outcome, Outcome::timed_out);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Process, IgnoredChildSignalsAreAnErrorNotAHang) {
  const auto previous = std::signal(SIGCHLD, SIG_IGN);
  const auto result = run_process({.arguments = {"/bin/true"}});
  std::signal(SIGCHLD, previous);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.error, ECHILD);
}

}  // namespace
}  // namespace aws_refresh_session::core
