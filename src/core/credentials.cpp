#include <aws_refresh_session/credentials.hpp>

#include "core/rfc3339.hpp"

#include <openssl/crypto.h>

#include <cstring>
#include <ostream>
#include <sstream>
#include <utility>

namespace aws_refresh_session {

SecretString::SecretString(std::string_view text)
    : data_(text.empty() ? nullptr : std::make_unique<char[]>(text.size())), size_(text.size()) {
  if (!text.empty()) {
    std::memcpy(data_.get(), text.data(), text.size());
  }
}

SecretString::SecretString(const SecretString& other) : SecretString(other.reveal()) {}

SecretString::SecretString(SecretString&& other) noexcept
    : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

SecretString& SecretString::operator=(const SecretString& other) {
  if (this != &other) {
    *this = SecretString{other};
  }
  return *this;
}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecretString::~SecretString() {
  wipe();
}

void SecretString::wipe() noexcept {
  if (data_) {
    OPENSSL_cleanse(data_.get(), size_);
  }
}

bool operator==(const SecretString& left, const SecretString& right) noexcept {
  return left.size_ == right.size_ &&
         (left.size_ == 0 || CRYPTO_memcmp(left.data_.get(), right.data_.get(), left.size_) == 0);
}

std::ostream& operator<<(std::ostream& out, const SecretString& secret) {
  return out << (secret.empty() ? "" : "***");
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // within capacity: does not allocate
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Credentials::Credentials(std::string_view access_key_id, std::string_view secret_access_key,
                         std::string_view session_token, std::optional<WallTime> expiration,
                         std::string_view account_id, std::string_view provider_name)
    : access_key_id_(access_key_id),
      secret_access_key_(secret_access_key),
      session_token_(session_token),
      expiration_(expiration),
      account_id_(account_id),
      provider_name_(provider_name) {}

std::ostream& operator<<(std::ostream& out, const Credentials& credentials) {
  out << "Credentials(access_key_id=" << credentials.access_key_id();
  if (const auto expiration = credentials.expiration()) {
    out << ", expiration=" << core::format_rfc3339(*expiration);
  }
  if (!credentials.provider_name().empty()) {
    out << ", provider=" << credentials.provider_name();
  }
  return out << ')';
}

std::string to_string(const Credentials& credentials) {
  std::ostringstream out;
  out << credentials;
  return out.str();
}

std::string_view to_string(Freshness freshness) noexcept {
  switch (freshness) {
    case Freshness::none:
      return "none";
    case Freshness::fresh:
      return "fresh";
    case Freshness::advisory:
      return "advisory";
    case Freshness::mandatory:
      return "mandatory";
    case Freshness::expired:
      return "expired";
  }
  return "unknown";
}

}  // namespace aws_refresh_session
