#include <aws_refresh_session/credentials_file.hpp>

#include "core/private_file.hpp"
#include "profile/credentials_file_text.hpp"
#include "profile/profile_file.hpp"
#include "profile/shared_config.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::chrono::seconds kLongestLockWait{10};

/// Wipes a text with secrets on every way out.
class Wiped {
 public:
  explicit Wiped(std::string text) noexcept : text_(std::move(text)) {}
  ~Wiped() { wipe(text_); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  [[nodiscard]] const std::string& get() const noexcept { return text_; }

 private:
  std::string text_;
};

void refuse_unwritable(const Credentials& credentials, const std::string& profile) {
  if (!profile::is_writable_profile_name(profile)) {
    throw ValidationError{{.message = "The profile's name cannot be written: give letters, digits, '-', '_' and the "
                                      "like, without blanks, brackets, quotes, '#' and ';'.",
                           .code = "InvalidProfileName",
                           .param = "profile"}};
  }
  if (credentials.empty()) {
    throw ValidationError{{.message = "There are no keys to write.", .code = "NoCredentials"}};
  }
  for (const auto value : {std::string_view{credentials.access_key_id()}, credentials.secret_access_key().reveal(),
                           credentials.session_token().reveal(), std::string_view{credentials.account_id()}}) {
    if (!value.empty() && !profile::is_writable_value(value)) {
      throw ValidationError{{.message = "A key or the token has a blank, a line end or a byte that is not ASCII in it, "
                                        "which no credentials file can hold.",
                             .code = "InvalidCredentials"}};
    }
  }
}

void refuse_other_sources(const profile::SharedConfig& file, const profile::Section& section) {
  constexpr std::array<std::string_view, 5> kGoBeforeKeys{"role_arn", "sso_session", "sso_account_id", "sso_start_url",
                                                          "web_identity_token_file"};
  for (const std::string_view key : kGoBeforeKeys) {
    if (const auto* property = section.find(key)) {
      throw ConfigurationError{{.message = "The profile at " + file.place(section) + " has " + std::string{key} + " (" +
                                           file.place(*property) +
                                           "), which goes before keys: take it out, or write another profile.",
                                .code = "CredentialsFileShadowed",
                                .param = "profile",
                                .value = std::string{section.name()}}};
    }
  }
}

void refuse_loss_of_lasting_keys(const profile::SharedConfig& file, const profile::Section& section,
                                 const Credentials& credentials, const CredentialsFileOptions& options) {
  const auto key_id = section.get("aws_access_key_id");
  if (options.replace_lasting_keys || !key_id || section.get("aws_session_token") ||
      section.get("aws_security_token") || *key_id == credentials.access_key_id() ||
      *key_id == options.replaceable_key_id) {
    return;
  }
  throw ValidationError{{.message = "The profile at " + file.place(section) +
                                    " has keys without a session token, which could not be had again: write another "
                                    "profile, or ask for their replacement.",
                         .code = "LastingKeys",
                         .param = "profile",
                         .value = options.profile}};
}

/// What a reader of the file would find, so that nothing is written that reads as something else.
void check_what_was_made(const std::string& text, const profile::FileLocations& locations,
                         const std::string& profile_name, const Credentials& credentials) {
  const auto read = profile::parse_shared_config({}, text, locations);
  const auto* section = read->profile(profile_name);
  const auto value = [&](std::string_view key) {
    return section == nullptr ? std::string_view{} : section->get(key).value_or(std::string_view{});
  };
  if (value("aws_access_key_id") != credentials.access_key_id() ||
      value("aws_secret_access_key") != credentials.secret_access_key().reveal() ||
      value("aws_session_token") != credentials.session_token().reveal()) {
    throw ConfigurationError{{.message = "The profile could not be written into " + locations.credentials +
                                         " so that it reads back: look at the lines of that profile.",
                              .code = "ConfigFileMalformed",
                              .value = locations.credentials}};
  }
}

[[noreturn]] void unwritable(const std::string& path, const std::error_code& error) {
  throw ConfigurationError{{.message = "The file " + path + " cannot be written (" + error.message() +
                                       "): correct the permissions of its directory, or name another file.",
                            .code = "CredentialsFileUnwritable",
                            .value = path}};
}

/// A rename would put a file into the place of /dev/null.
void refuse_special_file(const std::string& path) {
  struct ::stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    unwritable(path,
               std::make_error_code(S_ISDIR(status.st_mode) ? std::errc::is_a_directory : std::errc::not_supported));
  }
}

void make_directory_of(const std::string& path) {
  const auto directory = std::filesystem::path{path}.parent_path();
  if (directory.empty() || ::mkdir(directory.c_str(), S_IRWXU) == 0 || errno == EEXIST) {
    return;
  }
  unwritable(path, {errno, std::generic_category()});
}

void edit(const std::string& path, const Credentials& credentials, const CredentialsFileOptions& options) {
  const profile::FileLocations locations{.config = {}, .credentials = path};
  const Wiped old{profile::read_profile_file(path).text};
  const auto before = profile::parse_shared_config({}, old.get(), locations);
  if (const auto* section = before->profile(options.profile)) {
    refuse_other_sources(*before, *section);
    refuse_loss_of_lasting_keys(*before, *section, credentials, options);
  }
  const Wiped fresh{profile::with_profile(old.get(), options.profile, credentials)};
  check_what_was_made(fresh.get(), locations, options.profile, credentials);
  core::write_private_file(path, fresh.get());
}

}  // namespace

std::string credentials_file_path(const CredentialsFileOptions& options, const ProviderSeams& seams) {
  const auto all = ProviderSeams{seams}.completed();
  const std::string path = options.path.empty() ? profile::locate_files(*all.environment).credentials : options.path;
  // The link stays, the file behind it is replaced.
  std::error_code failed;
  const auto real = std::filesystem::weakly_canonical(path, failed);
  return failed || path.empty() ? path : real.string();
}

void write_credentials_file(const Credentials& credentials, const CredentialsFileOptions& options,
                            const ProviderSeams& seams, const std::stop_token& stop) {
  refuse_unwritable(credentials, options.profile);
  const auto all = ProviderSeams{seams}.completed();
  const std::string path = credentials_file_path(options, all);
  if (path.empty()) {
    throw ConfigurationError{{.message = "There is no home directory, so no credentials file: name one.",
                              .code = "CredentialsFileUnwritable"}};
  }
  refuse_special_file(path);
  make_directory_of(path);
  try {
    const core::FileLock lock{path + ".lock", kLongestLockWait, *all.clock, stop};
    if (!lock.held() && stop.stop_requested()) {
      throw Error{{.message = "The credentials file was not written: it was cancelled.",
                   .code = "Cancelled",
                   .kind = ErrorKind::cancelled}};
    }
    if (!lock.held()) {
      throw ConfigurationError{
          {.message = "Another process holds the lock of " + path + ": end that process, or try again.",
           .code = "CredentialsFileLocked",
           .value = path,
           .kind = ErrorKind::recoverable}};
    }
    edit(path, credentials, options);
  } catch (const std::system_error& error) {
    unwritable(path, error.code());
  }
}

}  // namespace aws_refresh_session
