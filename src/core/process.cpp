#include "core/process.hpp"

#include "core/file_descriptor.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

// The process's environment has no header; POSIX asks for this declaration (XBD 8.1).
extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace aws_refresh_session::core {
namespace {

/// The same open file at a number past 2, so that it can be put in place of 0 and 1 without being overwritten first
/// in a process that runs with its standard streams closed.
FileDescriptor above_standard(FileDescriptor descriptor) {
  if (descriptor.get() > STDERR_FILENO || !descriptor) {
    return descriptor;
  }
  return FileDescriptor{::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
}

/// A file in memory that holds the text, or an empty device.
FileDescriptor open_input(std::string_view text) {
  if (text.empty()) {
    return above_standard(FileDescriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)});
  }
  auto file = above_standard(FileDescriptor{::memfd_create("input", MFD_CLOEXEC)});
  while (file && !text.empty()) {
    const auto count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return {};
    }
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return file && ::lseek(file.get(), 0, SEEK_SET) == 0 ? std::move(file) : FileDescriptor{};
}

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

std::optional<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  Pipe pipe{FileDescriptor{ends[0]}, above_standard(FileDescriptor{ends[1]})};
  if (!pipe.write || ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) {
    return std::nullopt;
  }
  return pipe;
}

/// A descriptor that becomes readable when the time is over: no clock has to be read.
FileDescriptor open_timer(std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds kYear{31'536'000'000};
  const auto bounded = std::clamp(timeout, std::chrono::milliseconds{1}, kYear);
  FileDescriptor timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)};
  itimerspec when{};
  when.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(bounded).count();
  when.it_value.tv_nsec = std::chrono::nanoseconds{bounded % std::chrono::seconds{1}}.count();
  if (timer && ::timerfd_settime(timer.get(), 0, &when, nullptr) != 0) {
    return {};
  }
  return timer;
}

/// posix_spawn's two descriptions of what to do in the child.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }

  /// \returns 0 or an error number
  int describe(int input, int output, const std::string& working_directory) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    constexpr short kFlags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    const std::array results = {
        ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO),
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO),
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1),
        working_directory.empty() ? 0 : ::posix_spawn_file_actions_addchdir_np(&actions_, working_directory.c_str()),
        ::posix_spawnattr_setflags(&attributes_, kFlags),
        ::posix_spawnattr_setpgroup(&attributes_, 0),
        ::posix_spawnattr_setsigmask(&attributes_, &none),
        ::posix_spawnattr_setsigdefault(&attributes_, &all),
    };
    const auto* const failed = std::find_if(results.begin(), results.end(), [](int result) { return result != 0; });
    return failed == results.end() ? 0 : *failed;
  }

  int spawn(pid_t& child, std::vector<char*>& arguments, char* const* environment) {
    return ::posix_spawnp(&child, arguments.front(), &actions_, &attributes_, arguments.data(), environment);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// The texts as exec wants them. They must stay as they are while the result is used.
std::vector<char*> to_pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& each : texts) {
    pointers.push_back(each.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// A copy of the words that can be pointed into; an argument may be a secret.
struct WipedWords {
  std::vector<std::string> words;

  explicit WipedWords(std::vector<std::string> copy) : words(std::move(copy)) {}
  WipedWords(const WipedWords&) = delete;
  WipedWords& operator=(const WipedWords&) = delete;
  ~WipedWords() {
    for (auto& word : words) {
      wipe(word);
    }
  }
};

/// Pointers to this process's own variables and to `more`, which replace those of their name.
class Variables {
 public:
  explicit Variables(const std::map<std::string, std::string>& more) {
    for (const auto& [name, value] : more) {
      texts_.emplace_back(name).append("=").append(value);
    }
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
      const std::string_view variable{*each};
      if (!more.contains(std::string{variable.substr(0, variable.find('='))})) {
        pointers_.push_back(*each);
      }
    }
    for (auto& text : texts_) {
      pointers_.push_back(text.data());
    }
    pointers_.push_back(nullptr);
  }

  [[nodiscard]] char** data() noexcept { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

/// Starts the program. \returns 0 or an error number
int start(const ProcessOptions& options, int input, int output, pid_t& child) {
  SpawnPlan plan;
  if (const int error = plan.describe(input, output, options.working_directory); error != 0) {
    return error;
  }
  WipedWords words{options.arguments};
  auto pointers = to_pointers(words.words);
  if (!options.environment && options.more_environment.empty()) {
    return plan.spawn(child, pointers, environ);
  }
  if (!options.environment) {
    return plan.spawn(child, pointers, Variables{options.more_environment}.data());
  }
  std::vector<std::string> environment;
  for (const auto& [name, value] : *options.environment) {
    auto& variable = environment.emplace_back();
    variable.reserve(name.size() + value.size() + 1);  // growing would leave copies in freed memory
    variable.append(name).append("=").append(value);
  }
  const int error = plan.spawn(child, pointers, to_pointers(environment).data());
  std::for_each(environment.begin(), environment.end(), [](std::string& each) { wipe(each); });
  return error;
}

bool can_enter(const std::string& directory) {
  struct stat status {};
  return ::stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && ::access(directory.c_str(), X_OK) == 0;
}

/// A descriptor that becomes readable when the child has ended; none where the system has no such thing.
FileDescriptor open_pidfd(pid_t pid) {
  // Not by glibc 2.36's function, whose header lacks the C linkage.
  return FileDescriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))};
}

/// A started program, until it has been waited for.
class Child {
 public:
  using Outcome = ProcessResult::Outcome;

  Child(pid_t pid, FileDescriptor output, ProcessResult& result)
      : pid_(pid), ended_(open_pidfd(pid)), output_(std::move(output)), result_(result) {
    result_.output.reserve(ProcessResult::kMaxOutput);  // never grown: growing would leave copies in freed memory
  }

  /// Reads until the program ends or must be ended.
  /// \param timer, stop readable when it must be ended
  void watch(int timer, int stop) {
    std::array<pollfd, 4> watched = {
        {{ended_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}, {timer, POLLIN, 0}, {stop, POLLIN, 0}}};
    // Kernels before 5.3 and some sandboxes have no pidfd: there the end is looked for every few milliseconds.
    constexpr int kLookAgain = 10;
    while (true) {
      if (::poll(watched.data(), watched.size(), ended_ ? -1 : kLookAgain) < 0 && errno != EINTR) {
        result_.error = errno;
        kill_group(Outcome::failed);
        return;
      }
      if (watched[3].revents != 0) {
        kill_group(Outcome::cancelled);
        return;
      }
      if (ended_ ? watched[0].revents != 0 : has_ended()) {
        read_output();
        return;
      }
      if (watched[2].revents != 0) {
        kill_group(Outcome::timed_out);
        return;
      }
      if (watched[1].revents != 0 && !read_output()) {
        watched[1].fd = -1;  // closed, though the program still runs
      }
      if (overrun_) {
        kill_group(Outcome::too_much_output);
        return;
      }
    }
  }

  /// Waits for its end, which has come or is coming, and says what it was unless it was killed here.
  void reap() {
    int status = 0;
    pid_t waited = 0;
    do {
      // What cannot be killed is not waited for: it may never end.
      waited = ::waitpid(pid_, &status, out_of_reach_ ? WNOHANG : 0);
    } while (waited < 0 && errno == EINTR);
    if (killed_) {
      return;
    }
    if (waited < 0) {
      result_.outcome = Outcome::failed;
      result_.error = errno;
    } else if (WIFSIGNALED(status)) {
      result_.outcome = Outcome::signalled;
      result_.signal = WTERMSIG(status);
    } else {
      result_.outcome = overrun_ ? Outcome::too_much_output : Outcome::exited;
      result_.exit_status = WEXITSTATUS(status);
    }
  }

 private:
  /// True also if somebody else has waited for it.
  [[nodiscard]] bool has_ended() const noexcept {
    siginfo_t info{};
    // WNOWAIT: its number, which names its group as well, stays taken until `reap`.
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid_;
  }

  void kill_group(Outcome why) noexcept {
    killed_ = true;
    result_.outcome = why;
    // A program that left its group is killed by itself. One that runs as another user (sudo) may not be killed at all.
    out_of_reach_ = ::kill(-pid_, SIGKILL) != 0 && ::kill(pid_, SIGKILL) != 0;
  }

  /// Takes what is in the pipe. \returns false at its end
  bool read_output() {
    std::array<char, 4'096> buffer{};
    bool open = true;
    while (!overrun_) {
      const auto count = ::read(output_.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count <= 0) {
        open = count < 0 && errno == EAGAIN;
        break;
      }
      const auto size = static_cast<std::size_t>(count);
      overrun_ = size > ProcessResult::kMaxOutput - result_.output.size();
      if (!overrun_) {
        result_.output.append(buffer.data(), size);
      }
    }
    ::explicit_bzero(buffer.data(), buffer.size());
    return open;
  }

  pid_t pid_;
  FileDescriptor ended_;
  FileDescriptor output_;
  ProcessResult& result_;
  bool killed_ = false;
  bool out_of_reach_ = false;
  bool overrun_ = false;
};

}  // namespace

ProcessResult::~ProcessResult() {
  wipe(output);
}

ProcessResult run_process(const ProcessOptions& options, const std::stop_token& stop) {
  ProcessResult result;
  if (stop.stop_requested()) {
    result.outcome = ProcessResult::Outcome::cancelled;
    return result;
  }
  if (options.arguments.empty() || options.arguments.front().empty()) {
    result.error = ENOENT;
    return result;
  }
  const auto timer = open_timer(options.timeout);
  const FileDescriptor stopped{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  auto input = open_input(options.input);
  auto pipe = open_pipe();
  if (!timer || !stopped || !input || !pipe) {
    result.error = errno;
    return result;
  }
  pid_t pid = -1;
  result.error = start(options, input.get(), pipe->write.get(), pid);
  if (result.error != 0) {
    result.bad_directory = !options.working_directory.empty() && !can_enter(options.working_directory);
    return result;
  }
  input = {};
  pipe->write = {};  // or the pipe would never end
  Child child{pid, std::move(pipe->read), result};
  {
    const std::stop_callback wake{stop, [&stopped] { ::eventfd_write(stopped.get(), 1); }};
    child.watch(timer.get(), stopped.get());
  }
  child.reap();
  return result;
}

}  // namespace aws_refresh_session::core
