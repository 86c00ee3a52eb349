#pragma once

// What the tests must know of the SDK that is installed, found out from it.

#include <aws/core/auth/AWSCredentialsProvider.h>

#include <concepts>

template <typename Provider>
concept ShapeInvalidates = requires(Provider& provider, const Aws::String& id) {
  provider.Invalidate(id);
};
template <typename Credentials>
concept ShapeTakesAccount = requires(const Credentials& credentials) {
  credentials.GetAccountId();
};

inline constexpr bool kSdkInvalidates = ShapeInvalidates<Aws::Auth::AWSCredentialsProvider>;
inline constexpr bool kSdkTakesAccount = ShapeTakesAccount<Aws::Auth::AWSCredentials>;

template <typename Credentials>
Aws::String account_of(const Credentials& credentials) {
  if constexpr (ShapeTakesAccount<Credentials>) {
    return credentials.GetAccountId();
  } else {
    return {};
  }
}

// In newer versions; where it is no more than declared it is not used.
namespace Aws::Auth {
class CredentialsResolutionContext;
}

template <typename Provider, typename Context = Aws::Auth::CredentialsResolutionContext>
auto credentials_by_context(Provider& provider) {
  Aws::Auth::AWSCredentialsProvider& base = provider;
  if constexpr (requires(Context & context) { base.GetAWSCredentials(context); } && sizeof(Provider) > 0) {
    Context context;
    return base.GetAWSCredentials(context);
  } else {
    return base.GetAWSCredentials();
  }
}
