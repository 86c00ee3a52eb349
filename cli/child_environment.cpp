#include "cli/child_environment.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

/// What the SDKs' chains look at before, or beside, the keys or the endpoint that the program is given.
/// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html#EVarSettings
constexpr std::array<std::string_view, 20> kOfCredentials{
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID",
    // What the Java SDK and old tools read.
    "AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_CREDENTIAL_FILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_SSO_SESSION", "AWS_LOGIN_SESSION"};

std::string_view name_of(std::string_view entry) noexcept {
  return entry.substr(0, entry.find('='));
}

}  // namespace

ChildEnvironment::ChildEnvironment(char* const* variables) {
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view entry{*variables};
    if (std::find(kOfCredentials.begin(), kOfCredentials.end(), name_of(entry)) == kOfCredentials.end()) {
      entries_.emplace_back(entry);
    }
  }
}

ChildEnvironment::~ChildEnvironment() {
  for (auto& entry : entries_) {
    wipe(entry);
  }
}

void ChildEnvironment::set(std::string_view name, std::string_view value) {
  remove(name);
  std::string entry;
  // On the heap in one piece: a move of the vector then moves no characters.
  entry.reserve(std::max(sizeof(std::string), name.size() + value.size() + 1));
  entry.append(name).append("=").append(value);
  entries_.push_back(std::move(entry));
}

void ChildEnvironment::set(std::span<const CredentialVariable> variables) {
  for (const auto& [name, value] : variables) {
    if (value) {
      set(name, value->reveal());
    } else {
      remove(name);
    }
  }
}

bool ChildEnvironment::has(std::string_view name) const noexcept {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const std::string& entry) { return name_of(entry) == name; });
}

std::vector<char*> ChildEnvironment::pointers() {
  std::vector<char*> all;
  all.reserve(entries_.size() + 1);
  for (auto& entry : entries_) {
    all.push_back(entry.data());
  }
  all.push_back(nullptr);
  return all;
}

void ChildEnvironment::remove(std::string_view name) {
  const auto gone = std::stable_partition(entries_.begin(), entries_.end(),
                                          [&](const std::string& entry) { return name_of(entry) != name; });
  for (auto each = gone; each != entries_.end(); ++each) {
    wipe(*each);
  }
  entries_.erase(gone, entries_.end());
}

}  // namespace aws_refresh_session::cli
