#include "cache/entry_cipher.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <limits>
#include <memory>

namespace aws_refresh_session::cache {
namespace {

/// The format's version is in here: another one is another text, and a miss.
constexpr std::string_view kMagic = "aws-refresh-session entry 1\n";
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&::EVP_CIPHER_CTX_free)>;

void require(bool worked) {
  if (!worked) {
    throw Error{{.message = "OpenSSL cannot encrypt by AES-256-GCM: check its configuration and providers.",
                 .code = "OpenSsl"}};
  }
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text, std::size_t from = 0) {
  return reinterpret_cast<unsigned char*>(text.data() + from);
}

int size_of(std::string_view text) {
  require(text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(text.size());
}

/// What is authenticated and not encrypted.
std::string associated_data(std::string_view digest) {
  return std::string{kMagic}.append(digest);
}

}  // namespace

SecretString random_secret(std::size_t size) {
  std::string text(size, '\0');
  require(::RAND_priv_bytes(bytes(text), size_of(text)) == 1);
  SecretString secret{text};
  wipe(text);
  return secret;
}

std::string seal(std::string_view plain, const SecretString& encryption_key, std::string_view digest) {
  require(encryption_key.size() == kEncryptionKeySize);
  const auto associated = associated_data(digest);
  const auto text_at = kMagic.size() + kNonceSize;
  std::string sealed(text_at + plain.size() + kTagSize, '\0');
  sealed.replace(0, kMagic.size(), kMagic);
  auto* const nonce = bytes(sealed, kMagic.size());
  // Random nonces of 96 bits are good for 2^32 entries by one key (SP 800-38D, 8.3).
  require(::RAND_bytes(nonce, static_cast<int>(kNonceSize)) == 1);
  const Context context{::EVP_CIPHER_CTX_new(), &::EVP_CIPHER_CTX_free};
  int written = 0;
  require(context != nullptr &&
          ::EVP_EncryptInit_ex(context.get(), ::EVP_aes_256_gcm(), nullptr, bytes(encryption_key.reveal()), nonce) ==
              1 &&
          ::EVP_EncryptUpdate(context.get(), nullptr, &written, bytes(associated), size_of(associated)) == 1 &&
          ::EVP_EncryptUpdate(context.get(), bytes(sealed, text_at), &written, bytes(plain), size_of(plain)) == 1);
  const auto end = text_at + static_cast<std::size_t>(written);
  require(::EVP_EncryptFinal_ex(context.get(), bytes(sealed, end), &written) == 1 && end + kTagSize == sealed.size() &&
          ::EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagSize), bytes(sealed, end)) ==
              1);
  return sealed;
}

std::optional<SecretString> open_sealed(std::string_view sealed, const SecretString& encryption_key,
                                        std::string_view digest) {
  if (encryption_key.size() != kEncryptionKeySize || !sealed.starts_with(kMagic) ||
      sealed.size() < kMagic.size() + kNonceSize + kTagSize) {
    return std::nullopt;
  }
  const auto associated = associated_data(digest);
  const auto nonce = sealed.substr(kMagic.size(), kNonceSize);
  std::string tag{sealed.substr(sealed.size() - kTagSize)};
  sealed.remove_prefix(kMagic.size() + kNonceSize);
  sealed.remove_suffix(kTagSize);
  const Context context{::EVP_CIPHER_CTX_new(), &::EVP_CIPHER_CTX_free};
  // One byte more: an empty text would leave nowhere to write to.
  std::string plain(sealed.size() + 1, '\0');
  int written = 0;
  const bool opened =
      context != nullptr &&
      ::EVP_DecryptInit_ex(context.get(), ::EVP_aes_256_gcm(), nullptr, bytes(encryption_key.reveal()), bytes(nonce)) ==
          1 &&
      ::EVP_DecryptUpdate(context.get(), nullptr, &written, bytes(associated), size_of(associated)) == 1 &&
      ::EVP_DecryptUpdate(context.get(), bytes(plain), &written, bytes(sealed), size_of(sealed)) == 1 &&
      static_cast<std::size_t>(written) == sealed.size() &&
      ::EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagSize), tag.data()) == 1 &&
      ::EVP_DecryptFinal_ex(context.get(), bytes(plain, sealed.size()), &written) == 1;
  std::optional<SecretString> result;
  if (opened) {
    result.emplace(std::string_view{plain}.substr(0, sealed.size()));
  }
  wipe(plain);
  return result;
}

}  // namespace aws_refresh_session::cache
