#include "cli/default_profile.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace aws_refresh_session::cli {
namespace {

constexpr std::array<std::string_view, 18> kOfCredentials{
    "aws_access_key_id",       "aws_secret_access_key", "aws_session_token",
    "aws_security_token",      "aws_account_id",        "credential_process",
    "credential_source",       "source_profile",        "role_arn",
    "role_session_name",       "external_id",           "mfa_serial",
    "web_identity_token_file", "sso_session",           "sso_account_id",
    "sso_role_name",           "sso_start_url",         "login_session"};

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  const auto from = text.find_first_not_of(kBlanks);
  return from == std::string_view::npos ? std::string_view{}
                                        : text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

bool begins_default(std::string_view line) noexcept {
  auto name = trimmed(line.substr(1, std::min(line.find(']'), line.size()) - 1));
  constexpr std::string_view kPrefix = "profile";
  if (name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
      (name[kPrefix.size()] == ' ' || name[kPrefix.size()] == '\t')) {
    name = trimmed(name.substr(kPrefix.size()));
  }
  return name == "default" || name == "\"default\"" || name == "'default'";
}

bool is_of_credentials(std::string_view line) {
  std::string key{trimmed(line.substr(0, line.find_first_of("=:")))};
  std::transform(key.begin(), key.end(), key.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return std::find(kOfCredentials.begin(), kOfCredentials.end(), key) != kOfCredentials.end();
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace

std::optional<std::string> without_default_credentials(std::string_view text) {
  std::string out;
  // Never grown: a file with keys in it leaves no copy behind.
  out.reserve(text.size());
  bool inside = false;
  bool dropping = false;
  bool dropped = false;
  while (!text.empty()) {
    const auto length = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(length);
    if (line.front() == '[') {
      inside = begins_default(line);
      dropping = false;
    } else if (inside && (line.front() == ' ' || line.front() == '\t')) {
      // An indented line goes on with the value before it.
      dropping = dropping && !trimmed(line).empty();
    } else {
      dropping = inside && is_of_credentials(line);
    }
    dropped = dropped || dropping;
    if (!dropping) {
      out.append(line);
    }
  }
  return dropped ? std::optional{std::move(out)} : std::nullopt;
}

PrivateCopy::PrivateCopy(std::string_view content) {
  std::error_code ignored;
  auto name = (std::filesystem::temp_directory_path(ignored) / "aws-refresh-session-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    fail("mkdtemp");
  }
  directory_ = name;
  path_ = directory_ + "/config";
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  while (file >= 0 && !content.empty()) {
    const auto written = ::write(file, content.data(), content.size());
    if (written < 0) {
      break;
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  const int error = errno;
  if (file >= 0) {
    ::close(file);
  }
  if (!content.empty()) {
    std::filesystem::remove_all(directory_, ignored);
    errno = error;
    fail("write");
  }
}

PrivateCopy::~PrivateCopy() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace aws_refresh_session::cli
