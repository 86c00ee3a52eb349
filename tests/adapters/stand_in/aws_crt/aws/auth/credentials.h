#pragma once

#include <aws/common/byte_buf.h>
#include <aws/common/common.h>

#include <atomic>
#include <cstdint>
#include <string>

enum aws_auth_errors { AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE = 6167 };

struct aws_credentials {
  aws_allocator* allocator;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::string account_id;
  uint64_t expiration;
  std::atomic<int> references{1};
};

inline std::string stand_in_text(aws_byte_cursor cursor) {
  return {reinterpret_cast<const char*>(cursor.ptr), cursor.len};
}

inline aws_credentials* aws_credentials_new(aws_allocator* allocator, aws_byte_cursor access_key_id,
                                            aws_byte_cursor secret_access_key, aws_byte_cursor session_token,
                                            uint64_t expiration_timepoint_seconds) {
  ++allocator->outstanding;
  return new aws_credentials{
      allocator, stand_in_text(access_key_id), stand_in_text(secret_access_key), stand_in_text(session_token),
      "",        expiration_timepoint_seconds};
}

#ifdef STAND_IN_CRT_TAKES_ACCOUNT
struct aws_credentials_options {
  aws_byte_cursor access_key_id_cursor;
  aws_byte_cursor secret_access_key_cursor;
  aws_byte_cursor session_token_cursor;
  aws_byte_cursor account_id_cursor;
  uint64_t expiration_timepoint_seconds;
};
inline aws_credentials* aws_credentials_new_with_options(aws_allocator* allocator,
                                                         const aws_credentials_options* options) {
  auto* credentials = aws_credentials_new(allocator, options->access_key_id_cursor, options->secret_access_key_cursor,
                                          options->session_token_cursor, options->expiration_timepoint_seconds);
  credentials->account_id = stand_in_text(options->account_id_cursor);
  return credentials;
}
#endif

inline void aws_credentials_acquire(const aws_credentials* credentials) {
  ++const_cast<aws_credentials*>(credentials)->references;
}
inline void aws_credentials_release(const aws_credentials* credentials) {
  auto* mine = const_cast<aws_credentials*>(credentials);
  if (--mine->references == 0) {
    --mine->allocator->outstanding;
    delete mine;
  }
}

typedef void(aws_on_get_credentials_callback_fn)(aws_credentials* credentials, int error_code, void* user_data);
typedef void(aws_credentials_provider_shutdown_completed_fn)(void* user_data);

struct aws_credentials_provider_shutdown_options {
  aws_credentials_provider_shutdown_completed_fn* shutdown_callback;
  void* shutdown_user_data;
};

typedef int(aws_credentials_provider_delegate_get_credentials_fn)(void* delegate_user_data,
                                                                  aws_on_get_credentials_callback_fn callback,
                                                                  void* callback_user_data);

struct aws_credentials_provider_delegate_options {
  aws_credentials_provider_shutdown_options shutdown_options;
  aws_credentials_provider_delegate_get_credentials_fn* get_credentials;
  void* delegate_user_data;
};

struct aws_credentials_provider {
  aws_allocator* allocator;
  aws_credentials_provider_delegate_options options;
  std::atomic<int> references{1};
};

/// Fails with no allocator to speak of: the library is not initialised.
inline std::atomic<bool> stand_in_crt_initialised{true};

inline aws_credentials_provider* aws_credentials_provider_new_delegate(
    aws_allocator* allocator, const aws_credentials_provider_delegate_options* options) {
  if (!stand_in_crt_initialised) {
    return nullptr;
  }
  ++allocator->outstanding;
  return new aws_credentials_provider{allocator, *options};
}
inline aws_credentials_provider* aws_credentials_provider_acquire(aws_credentials_provider* provider) {
  ++provider->references;
  return provider;
}
inline aws_credentials_provider* aws_credentials_provider_release(aws_credentials_provider* provider) {
  if (--provider->references == 0) {
    // As aws-c-auth does: the callback first, the memory after it.
    if (provider->options.shutdown_options.shutdown_callback != nullptr) {
      provider->options.shutdown_options.shutdown_callback(provider->options.shutdown_options.shutdown_user_data);
    }
    --provider->allocator->outstanding;
    delete provider;
  }
  return nullptr;
}
inline int aws_credentials_provider_get_credentials(aws_credentials_provider* provider,
                                                    aws_on_get_credentials_callback_fn callback, void* user_data) {
  return provider->options.get_credentials(provider->options.delegate_user_data, callback, user_data);
}
