#include "emulator/canonical_request.hpp"

#include "emulator/aws_error.hpp"
#include "emulator/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// Dot segments removed (RFC 3986, 5.2.4) and runs of slashes as one, by AWS's rule for every service but S3.
std::string normalized(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool directory = path.ends_with('/');
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segment == ".." && !segments.empty()) {
      segments.pop_back();
    } else if (!segment.empty() && segment != "." && segment != "..") {
      segments.push_back(segment);
    }
  }
  std::string result;
  for (const auto segment : segments) {
    result += '/';
    result += segment;
  }
  return directory || result.empty() ? result + '/' : result;
}

std::string canonical_path(std::string_view path, const Authorization& claim) {
  if (claim.service != "s3") {
    // Every service but S3 encodes the path twice: once for the wire, once more here.
    return percent_encode(normalized(path), true);
  }
  const auto decoded = percent_decode(path);
  if (!decoded) {
    throw AwsError(400, "InvalidURI", "The path is not percent-encoded as a URI must be.");
  }
  return percent_encode(*decoded, true);
}

std::string canonical_query(const Parameters& query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [key, value] : query) {
    if (key != "X-Amz-Signature") {
      pairs.emplace_back(percent_encode(key), percent_encode(value));
    }
  }
  std::ranges::sort(pairs);
  std::string text;
  for (const auto& [key, value] : pairs) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", key, value);
  }
  return text;
}

/// White space around the value is gone already; runs of it inside become one blank.
std::string squeezed(std::string_view value) {
  std::string result;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) {
      result += c;
    } else if (!result.ends_with(' ')) {
      result += ' ';
    }
  }
  return result;
}

std::string canonical_headers(const HttpRequest& request, const Authorization& claim) {
  std::string text;
  for (const auto& name : claim.signed_headers) {
    const auto values = request.all(name);
    if (values.empty()) {
      throw AwsError(403, "SignatureDoesNotMatch", fmt::format("The signed header '{}' was not sent.", name));
    }
    text += name + ':';
    for (std::size_t i = 0; i < values.size(); ++i) {
      text += (i == 0 ? "" : ",") + squeezed(values[i]);
    }
    text += '\n';
  }
  return text;
}

std::string payload_hash(const HttpRequest& request, const Authorization& claim) {
  std::string actual = sha256_hex(request.body);
  if (claim.service != "s3") {
    return actual;
  }
  const auto stated = request.header("X-Amz-Content-Sha256");
  if (!stated) {
    if (claim.presigned) {
      return std::string{kUnsignedPayload};
    }
    throw AwsError(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  if (stated->starts_with("STREAMING-")) {
    throw AwsError(501, "NotImplemented", "A body signed in chunks is not implemented here.");
  }
  if (*stated != kUnsignedPayload && *stated != actual) {
    throw AwsError(400, "XAmzContentSHA256Mismatch",
                   "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return std::string{*stated};
}

}  // namespace

std::string canonical_request(const HttpRequest& request, const Parameters& query, const Authorization& claim) {
  // Found first, so that of several faults a request always gets the same one back.
  const std::string hash = payload_hash(request, claim);
  const std::string headers = canonical_headers(request, claim);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request.path, claim),
                     canonical_query(query), headers, fmt::join(claim.signed_headers, ";"), hash);
}

std::string expected_signature(std::string_view canonical_request, const Authorization& claim,
                               std::string_view secret_access_key) {
  const auto scope = fmt::format("{}/{}/{}/aws4_request", claim.date, claim.region, claim.service);
  const auto text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", claim.timestamp, scope, sha256_hex(canonical_request));
  std::string key = fmt::format("AWS4{}", secret_access_key);
  for (const std::string_view part : {std::string_view{claim.date}, std::string_view{claim.region},
                                      std::string_view{claim.service}, std::string_view{"aws4_request"}}) {
    key = hmac_sha256(key, part);
  }
  return to_hex(hmac_sha256(key, text));
}

}  // namespace aws_refresh_session::emulator
