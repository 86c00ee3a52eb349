#include "integration/radosgw/reader_load.hpp"

#include "secret_registry.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace aws_refresh_session::testing {
namespace {

std::string type_of(const Error& error) {
  if (dynamic_cast<const ConnectionError*>(&error) != nullptr) {
    return "ConnectionError";
  }
  if (dynamic_cast<const RequestError*>(&error) != nullptr) {
    return "RequestError";
  }
  if (dynamic_cast<const CredentialError*>(&error) != nullptr) {
    return "CredentialError";
  }
  return "Error";
}

}  // namespace

std::uint64_t ReaderCounts::expiries(WallTime now) const noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(sets.begin(), sets.end(), [now](const auto& set) { return set.second <= now; }));
}

ReaderLoad::ReaderLoad(std::string name, std::shared_ptr<RefreshableSession> session, S3Client& s3, std::string bucket,
                       unsigned threads)
    : name_(std::move(name)), session_(std::move(session)), s3_(s3), bucket_(std::move(bucket)) {
  for (unsigned thread = 0; thread < threads; ++thread) {
    threads_.emplace_back([this, thread](const std::stop_token& stop) { run(thread, stop); });
  }
}

ReaderLoad::~ReaderLoad() {
  stop();
}

void ReaderLoad::stop() {
  for (auto& thread : threads_) {
    thread.request_stop();
  }
  threads_.clear();
}

ReaderCounts ReaderLoad::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

void ReaderLoad::run(unsigned thread, const std::stop_token& stop) {
  std::uint64_t turn = 0;
  while (!stop.stop_requested()) {
    if (const auto snapshot = read()) {
      request(*snapshot, thread, turn++);
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});  // what a program's own retry would do
    }
  }
}

CredentialsSnapshot ReaderLoad::read() {
  const auto begin = std::chrono::steady_clock::now();
  try {
    auto snapshot = session_->credentials();
    const auto end = std::chrono::steady_clock::now();
    const auto now = std::chrono::system_clock::now();
    const std::lock_guard lock{mutex_};
    counts_.longest_read =
        std::max(counts_.longest_read, std::chrono::duration_cast<std::chrono::microseconds>(end - begin));
    counts_.expired_reads += snapshot->expired(now) ? 1U : 0U;
    if (counts_.sets.emplace(snapshot->access_key_id(), snapshot->expiration().value_or(WallTime::max())).second) {
      register_secret(snapshot->secret_access_key().reveal());
      register_secret(snapshot->session_token().reveal());
    }
    return snapshot;
  } catch (const Error& error) {
    const std::lock_guard lock{mutex_};
    ++counts_.read_errors[type_of(error) + " " + error.code()];
    counts_.last_read_error = std::chrono::system_clock::now();
  } catch (const std::exception&) {
    const std::lock_guard lock{mutex_};
    ++counts_.read_errors["not an Error"];
  }
  return {};
}

void ReaderLoad::request(const Credentials& credentials, unsigned thread, std::uint64_t turn) {
  const std::string key =
      "/" + bucket_ + "/" + name_ + "/" + std::to_string(thread) + "-" + std::to_string(turn / 3 % 50);
  std::string said;
  const auto which = turn % 3;
  try {
    const auto answer = which == 0   ? s3_.send(credentials, "PUT", key, "object of " + key)
                        : which == 1 ? s3_.send(credentials, "GET", key)
                                     : s3_.send(credentials, "GET", "/" + bucket_ + "?list-type=2&max-keys=10");
    if (!answer.accepted()) {
      said = std::to_string(answer.status) + " " + answer.code;
    } else if (which == 1 && answer.body != "object of " + key) {
      said = "wrong body";
    }
  } catch (const Error& error) {
    said = type_of(error) + " " + error.code();
  }
  const std::lock_guard lock{mutex_};
  ++(which == 0 ? counts_.puts : which == 1 ? counts_.gets : counts_.lists);
  if (said.empty()) {
    counts_.last_accepted = std::chrono::system_clock::now();
  } else {
    ++counts_.refused[said];
    counts_.overtaken += credentials.expired(std::chrono::system_clock::now()) ? 1U : 0U;
  }
}

}  // namespace aws_refresh_session::testing
