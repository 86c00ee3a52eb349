#pragma once

// What the tests must know of this version.

#include <aws/core/auth/AWSCredentialsProvider.h>

inline constexpr bool kSdkInvalidates = false;
inline constexpr bool kSdkTakesAccount = false;

inline Aws::String account_of(const Aws::Auth::AWSCredentials& /*credentials*/) {
  return "";
}
inline Aws::Auth::AWSCredentials credentials_by_context(Aws::Auth::AWSCredentialsProvider& provider) {
  return provider.GetAWSCredentials();
}
