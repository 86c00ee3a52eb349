#include "providers/dpop.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::providers {
namespace {

// Made for this test alone, by `openssl ecparam -genkey` and `openssl pkcs8`; the coordinates by `openssl ec -text`.
const std::string kKey = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIABU0gm1bDnanFx2Kmq2RKcnL1MBoVKHNEX8OBbhDvg5oAoGCCqGSM49
AwEHoUQDQgAEZlb5chBs8NPLGlPLNk/413Y02G3B7JeLisvzutdrzREyN7Ps209/
XdZVS11NobPQylYOs2KDV32O3BfxyZeCAQ==
-----END EC PRIVATE KEY-----
)";
const std::string kSameKeyInPkcs8 = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAFTSCbVsOdqcXHYq
arZEpycvUwGhUoc0Rfw4FuEO+DmhRANCAARmVvlyEGzw08saU8s2T/jXdjTYbcHs
l4uKy/O612vNETI3s+zbT39d1lVLXU2hs9DKVg6zYoNXfY7cF/HJl4IB
-----END PRIVATE KEY-----
)";
const std::string kEncryptedKey = R"(-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,E1C136F9E1B73AEED9DFF32A937A5F52

MOPBIOnOF7jUNrghqFqn8AmJOROchydpcdZ0fze5lDDIcrkr+t0iyfLpsgxaMUFk
jSBa4g/2syvuEwGg/yKVyDYyJKTJzA52czM0+a6+OXcHGOOS06vgJYTBOCZZGQX+
HrhexSPNuCsDiA084WQdQz4/NviEdN4y+WWYqxnsatY=
-----END EC PRIVATE KEY-----
)";
const std::string kOtherCurve = R"(-----BEGIN EC PRIVATE KEY-----
MIGkAgEBBDDCF/iMIwFMTyrwjmW542Zbr3vukrXtsSkqEY2u3RjBd7bpW4m/ZIsz
BKnCh2WP8EygBwYFK4EEACKhZANiAAQVgVoD82F65UpZBAtZXp48xeAQAAeDiVbR
lZ7g4lHka0nq9XG3IIYApXPEgH+Ie/gEbeUTLhdHFoPqxi2wfLv4dDJ6zVUiIzAg
qbk4h7/XXbAqCV3MBAImzpisSCn14Mk=
-----END EC PRIVATE KEY-----
)";
const std::string kX = "Zlb5chBs8NPLGlPLNk_413Y02G3B7JeLisvzutdrzRE";
const std::string kY = "Mjez7NtPf13WVUtdTaGz0MpWDrNig1d9jtwX8cmXggE";

const DpopClaims kClaims{.method = "POST",
                         .url = "https://eu-west-1.signin.aws.amazon.com/v1/token",
                         .issued_at = WallTime{std::chrono::milliseconds{1'767'225'600'999}},
                         .id = "id-1"};

std::vector<unsigned char> decode(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<unsigned char> bytes;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    EXPECT_NE(value, std::string_view::npos);
    held = (held << 6U) | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<unsigned char>((held >> bits) & 0xffU));
    }
  }
  return bytes;
}

struct Proof {
  explicit Proof(const std::string& text) {
    const auto first = text.find('.');
    const auto second = text.find('.', first + 1);
    signed_part = text.substr(0, second);
    header = nlohmann::json::parse(decode(text.substr(0, first)));
    payload = nlohmann::json::parse(decode(text.substr(first + 1, second - first - 1)));
    signature = decode(text.substr(second + 1));
  }
  std::string signed_part;
  nlohmann::json header;
  nlohmann::json payload;
  std::vector<unsigned char> signature;
};

/// Verifies by the public key that the proof itself names.
bool verifies(const Proof& proof, std::string_view text) {
  std::vector<unsigned char> point{4};  // uncompressed
  for (const auto* const name : {"x", "y"}) {
    const auto coordinate = decode(proof.header["jwk"][name].get<std::string>());
    EXPECT_EQ(coordinate.size(), 32U);
    point.insert(point.end(), coordinate.begin(), coordinate.end());
  }
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&::OSSL_PARAM_BLD_free)> builder{::OSSL_PARAM_BLD_new(),
                                                                                  ::OSSL_PARAM_BLD_free};
  ::OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  ::OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  const std::unique_ptr<OSSL_PARAM, decltype(&::OSSL_PARAM_free)> parameters{::OSSL_PARAM_BLD_to_param(builder.get()),
                                                                             ::OSSL_PARAM_free};
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&::EVP_PKEY_CTX_free)> context{
      ::EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), ::EVP_PKEY_CTX_free};
  EVP_PKEY* raw = nullptr;
  if (::EVP_PKEY_fromdata_init(context.get()) != 1 ||
      ::EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return false;
  }
  const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key{raw, ::EVP_PKEY_free};
  if (proof.signature.size() != 64) {
    return false;
  }
  const std::unique_ptr<ECDSA_SIG, decltype(&::ECDSA_SIG_free)> signature{::ECDSA_SIG_new(), ::ECDSA_SIG_free};
  ::ECDSA_SIG_set0(signature.get(), ::BN_bin2bn(proof.signature.data(), 32, nullptr),
                   ::BN_bin2bn(proof.signature.data() + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = ::i2d_ECDSA_SIG(signature.get(), &der);
  const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> digest{::EVP_MD_CTX_new(), ::EVP_MD_CTX_free};
  const bool good =
      size > 0 && ::EVP_DigestVerifyInit(digest.get(), nullptr, ::EVP_sha256(), nullptr, key.get()) == 1 &&
      ::EVP_DigestVerify(digest.get(), der, static_cast<std::size_t>(size),
                         static_cast<const unsigned char*>(static_cast<const void*>(text.data())), text.size()) == 1;
  ::OPENSSL_free(der);
  return good;
}

TEST(Dpop, ProofHoldsWhatRfc9449AsksForAndNothingElse) {
  const Proof proof{dpop_proof(kKey, kClaims).value()};
  EXPECT_EQ(proof.header, (nlohmann::json{{"typ", "dpop+jwt"},
                                          {"alg", "ES256"},
                                          {"jwk", {{"kty", "EC"}, {"crv", "P-256"}, {"x", kX}, {"y", kY}}}}));
  EXPECT_EQ(proof.payload, (nlohmann::json{{"jti", "id-1"},
                                           {"htm", "POST"},
                                           {"htu", "https://eu-west-1.signin.aws.amazon.com/v1/token"},
                                           {"iat", 1'767'225'600}}));
}

TEST(Dpop, SignatureVerifiesByTheKeyInTheHeader) {
  // Many times: a number of the signature that begins with a zero byte must be padded, one that does not must not.
  for (int round = 0; round < 300; ++round) {
    const Proof proof{dpop_proof(kKey, kClaims).value()};
    ASSERT_TRUE(verifies(proof, proof.signed_part));
    ASSERT_FALSE(verifies(proof, proof.signed_part + "x"));
  }
}

TEST(Dpop, Pkcs8HoldsTheSameKey) {
  const Proof proof{dpop_proof(kSameKeyInPkcs8, kClaims).value()};
  EXPECT_EQ(proof.header["jwk"]["x"], kX);
  EXPECT_TRUE(verifies(proof, proof.signed_part));
}

TEST(Dpop, WhatIsNoPrivateKeyOnP256IsRefused) {
  const std::string half = kKey.substr(0, kKey.size() / 2);
  for (const std::string& key : {std::string{}, std::string{"SECRETCANARY"}, half, kEncryptedKey, kOtherCurve}) {
    EXPECT_FALSE(dpop_proof(key, kClaims).has_value()) << key.size();
  }
}

TEST(Dpop, UuidsAreOfVersion4AndDiffer) {
  std::set<std::string> seen;
  for (int round = 0; round < 100; ++round) {
    const auto uuid = random_uuid();
    ASSERT_EQ(uuid.size(), 36U);
    EXPECT_EQ(uuid[8], '-');
    EXPECT_EQ(uuid[13], '-');
    EXPECT_EQ(uuid[14], '4');
    EXPECT_EQ(uuid[18], '-');
    EXPECT_NE(std::string{"89ab"}.find(uuid[19]), std::string::npos);
    EXPECT_EQ(uuid[23], '-');
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace aws_refresh_session::providers
