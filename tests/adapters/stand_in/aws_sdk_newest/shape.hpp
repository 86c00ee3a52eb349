#pragma once

// What the tests must know of this version.

#include <aws/core/auth/AWSCredentialsProvider.h>

inline constexpr bool kSdkInvalidates = true;
inline constexpr bool kSdkTakesAccount = true;

inline Aws::String account_of(const Aws::Auth::AWSCredentials& credentials) {
  return credentials.GetAccountId();
}
inline Aws::Auth::AWSCredentials credentials_by_context(Aws::Auth::AWSCredentialsProvider& provider) {
  Aws::Auth::CredentialsResolutionContext context;
  return provider.GetAWSCredentials(context);
}
