#include "aws/signing_key_cache.hpp"

#include "support/sanitizers.hpp"

#include "aws/sha256.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

TEST(Sha256, HmacTakesKeysOfAnyLength) {
  // RFC 4231, test cases 1 and 6.
  Sha256 sha256;
  const auto hex = [](const Sha256Digest& digest) {
    std::string text;
    append_hex(text, digest);
    return text;
  };
  const std::vector<unsigned char> short_key(20, 0x0b);
  EXPECT_EQ(hex(sha256.hmac(short_key, "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const std::vector<unsigned char> long_key(131, 0xaa);
  EXPECT_EQ(hex(sha256.hmac(long_key, "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(sha256.hash("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(SigningKeyCache, KeepsOneKeyForEachSecretDayRegionAndService) {
  SigningKeyCache keys;
  Sha256 sha256;
  const auto get = [&](const char* secret, const char* date, const char* region, const char* service) {
    const auto key = keys.get(sha256, SecretString{secret}, date, region, service);
    return std::vector<unsigned char>(key.bytes().begin(), key.bytes().end());
  };
  const auto first = get("s", "20260101", "r", "sts");
  EXPECT_EQ(get("s", "20260101", "r", "sts"), first);
  EXPECT_EQ(keys.size(), 1U);
  EXPECT_NE(get("t", "20260101", "r", "sts"), first);
  EXPECT_NE(get("s", "20260102", "r", "sts"), first);
  EXPECT_NE(get("s", "20260101", "q", "sts"), first);
  EXPECT_NE(get("s", "20260101", "r", "s3"), first);
  EXPECT_EQ(keys.size(), 5U);
}

TEST(SigningKeyCache, IsBoundedAndDropsTheOldest) {
  SigningKeyCache keys;
  Sha256 sha256;
  const SecretString secret{"s"};
  for (int day = 0; day < 100; ++day) {
    static_cast<void>(keys.get(sha256, secret, std::to_string(20260000 + day), "r", "s"));
  }
  EXPECT_EQ(keys.size(), SigningKeyCache::kCapacity);
}

TEST(SigningKeyCache, WorksOnBothSidesOfAFork) {
  if (!support::kAllocatorSurvivesFork) {
    GTEST_SKIP() << support::kWhyNoForkBesideThreads;
  }
  SigningKeyCache keys;
  std::jthread busy{[&keys](const std::stop_token& stop) {
    Sha256 sha256;
    for (int day = 0; !stop.stop_requested(); ++day) {
      static_cast<void>(keys.get(sha256, SecretString{"s"}, std::to_string(day), "r", "s"));
    }
  }};
  for (int round = 0; round < 20; ++round) {
    const auto child = ::fork();
    if (child == 0) {
      ::alarm(10);
      Sha256 sha256;
      static_cast<void>(keys.get(sha256, SecretString{"t"}, "20260101", "r", "s"));
      ::_exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "the child hung on a lock that a thread of the parent held";
  }
}

}  // namespace
}  // namespace aws_refresh_session::aws
