#pragma once

/// \file
/// Proof of possession of a key: a JWS by ES256 that goes with each request. RFC 9449 (DPoP), RFC 7515 (JWS), RFC 7518
/// (ES256). The members and their values are those that the AWS SDKs for Rust and Go send:
/// https://github.com/smithy-lang/smithy-rs/blob/main/aws/rust-runtime/aws-config/src/login/dpop.rs

#include <aws_refresh_session/clock.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

/// What a proof says.
struct DpopClaims {
  std::string method;
  /// The request's URL without query and fragment.
  std::string url;
  WallTime issued_at;
  /// Different for each proof.
  std::string id;
};

/// The value of the `DPoP` header.
/// \param key_pem an EC private key on P-256, SEC 1 or PKCS #8, not encrypted
/// \returns nullopt if the key is none of that
/// \throws Error of code `OpenSsl`
[[nodiscard]] std::optional<std::string> dpop_proof(std::string_view key_pem, const DpopClaims& claims);

/// 128 random bits as a version 4 UUID (RFC 9562).
/// \throws Error of code `OpenSsl`
[[nodiscard]] std::string random_uuid();

}  // namespace aws_refresh_session::providers
