#include "core/private_file.hpp"
#include "profile/file_locations.hpp"
#include "providers/totp.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::size_t kLongestSeedFile = 4096;

[[noreturn]] void fail(std::string code, std::string message, const std::string& path) {
  throw ConfigurationError{
      {.message = std::move(message), .code = std::move(code), .param = "totp_seed_file", .value = path}};
}

SecretString read_seed(const std::string& path) {
  SecretString text;
  try {
    const auto file = core::open_for_reading(path);
    struct ::stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      throw std::system_error{EINVAL, std::generic_category()};
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
      fail("TotpSeedNotPrivate", "The TOTP seed file can be read or changed by others: run chmod 600 on it", path);
    }
    auto read = core::read_to_end(file, static_cast<std::size_t>(status.st_size), kLongestSeedFile);
    text = SecretString{read};
    wipe(read);
  } catch (const std::system_error& error) {
    fail("TotpSeedUnreadable", "The TOTP seed file cannot be read: " + error.code().message(), path);
  }
  auto seed = providers::decode_base32(text.reveal());
  if (!seed) {
    fail("TotpSeedMalformed",
         "The TOTP seed file holds no base 32 text: write what AWS showed as the device's secret key to it", path);
  }
  return std::move(*seed);
}

}  // namespace

MfaTokenProvider MfaTokenProvider::from_totp_seed_file(const std::string& path, std::shared_ptr<const Clock> clock) {
  if (path.empty()) {
    fail("MissingParameter", "A TOTP seed file needs a path: give one", path);
  }
  return from_callable([path = profile::expand_home(path, *process_environment()),
                        clock = clock ? std::move(clock) : system_clock()](const MfaRequest& /*request*/) {
    return std::string{providers::totp_code(read_seed(path), clock->now()).reveal()};
  });
}

}  // namespace aws_refresh_session
