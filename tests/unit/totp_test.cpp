#include "providers/totp.hpp"

#include "secret_registry.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace aws_refresh_session {
namespace {

using testing::FakeClock;

WallTime at(long long seconds) {
  return WallTime{std::chrono::seconds{seconds}};
}

// RFC 6238, appendix B, the last six of the eight digits.
TEST(Totp, CodesAreThoseOfTheRfc) {
  const SecretString seed{"12345678901234567890"};
  for (const auto& [seconds, code] :
       {std::pair{59LL, "287082"}, std::pair{1111111109LL, "081804"}, std::pair{1111111111LL, "050471"},
        std::pair{1234567890LL, "005924"}, std::pair{2000000000LL, "279037"}}) {
    EXPECT_EQ(providers::totp_code(seed, at(seconds)).reveal(), code) << seconds;
  }
}

// RFC 4648, section 10.
TEST(Totp, Base32IsThatOfTheRfc) {
  for (const auto& [text, bytes] :
       {std::pair{"MY======", "f"}, std::pair{"MZXQ====", "fo"}, std::pair{"MZXW6===", "foo"},
        std::pair{"MZXW6YQ=", "foob"}, std::pair{"MZXW6YTB", "fooba"}, std::pair{"MZXW6YTBOI======", "foobar"},
        std::pair{"mzxw 6ytb-oi\n", "foobar"}}) {
    const auto decoded = providers::decode_base32(text);
    ASSERT_TRUE(decoded) << text;
    EXPECT_EQ(decoded->reveal(), bytes);
  }
  for (const auto* bad : {"", " ", "=", "M", "MZXW0", "MZXW1", "MZXW8", "MZ=XQ", "\xC3\xA9", "MZXW6YTB!"}) {
    EXPECT_FALSE(providers::decode_base32(bad)) << bad;
  }
}

class TotpSeedFile : public ::testing::Test {
 protected:
  TotpSeedFile() : path_(::testing::TempDir() + "/totp-seed-" + std::to_string(::getpid())) {}
  ~TotpSeedFile() override { std::filesystem::remove(path_); }

  void write(std::string_view text, ::mode_t mode = 0600) const {
    std::ofstream{path_} << text;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  [[nodiscard]] std::string code_of_failure() const {
    try {
      static_cast<void>(MfaTokenProvider::from_totp_seed_file(path_).token({}));
    } catch (const ConfigurationError& error) {
      EXPECT_EQ(error.param(), "totp_seed_file");
      return error.code();
    }
    return "none";
  }

  const std::string path_;
};

TEST_F(TotpSeedFile, GivesTheDevicesCodeOfThatMoment) {
  write("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ\n");
  const auto clock = std::make_shared<FakeClock>(at(59));
  const auto provider = MfaTokenProvider::from_totp_seed_file(path_, clock);
  EXPECT_FALSE(provider.interactive());
  EXPECT_EQ(provider.token({}).reveal(), "287082");
}

TEST_F(TotpSeedFile, IsReadAgainAtEveryCall) {
  const auto provider = MfaTokenProvider::from_totp_seed_file(path_, std::make_shared<FakeClock>(at(59)));
  EXPECT_THROW(static_cast<void>(provider.token({})), ConfigurationError);
  write("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  EXPECT_EQ(provider.token({}).reveal(), "287082");
}

TEST_F(TotpSeedFile, ThatOthersCanReadIsRefused) {
  for (const ::mode_t mode : {0640U, 0604U, 0660U, 0644U}) {
    write("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", mode);
    EXPECT_EQ(code_of_failure(), "TotpSeedNotPrivate");
  }
}

TEST_F(TotpSeedFile, ThatIsMissingOrNoFileIsATypedError) {
  EXPECT_EQ(code_of_failure(), "TotpSeedUnreadable");
  std::filesystem::create_directory(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0700), 0);
  EXPECT_NE(code_of_failure(), "none");
}

TEST_F(TotpSeedFile, WithoutBase32IsRefusedWithoutItsText) {
  write("SECRETCANARY01890");
  try {
    static_cast<void>(MfaTokenProvider::from_totp_seed_file(path_).token({}));
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(error.code(), "TotpSeedMalformed");
    EXPECT_TRUE(std::string{error.what()}.find(testing::kCanary) == std::string::npos);
  }
}

}  // namespace
}  // namespace aws_refresh_session
