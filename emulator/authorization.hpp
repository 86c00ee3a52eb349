#pragma once

#include "emulator/http_message.hpp"
#include "emulator/percent.hpp"
#include "emulator/timestamps.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace aws_refresh_session::emulator {

/// What a request claims about its signature; nothing in here is proven.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
struct Authorization {
  std::string access_key_id;
  /// The credential scope: `YYYYMMDD`, region, service.
  std::string date;
  std::string region;
  std::string service;
  /// Lower case, in the order given.
  std::vector<std::string> signed_headers;
  std::string signature;
  /// The session token; empty if none was sent.
  std::string token;
  /// As sent, and as a time.
  std::string timestamp;
  TimePoint time;
  /// True for the query form, which has a lifetime of its own.
  bool presigned = false;
  std::chrono::seconds expires{0};
};

/// Reads the `Authorization` header, or the `X-Amz-*` parameters of a presigned URL.
/// \param query the decoded query
/// \throws AwsError MissingAuthenticationToken without either, IncompleteSignature for both or what cannot be read
[[nodiscard]] Authorization read_authorization(const HttpRequest& request, const Parameters& query);

}  // namespace aws_refresh_session::emulator
