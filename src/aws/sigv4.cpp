#include "aws/sigv4.hpp"

#include "aws/canonical_request.hpp"
#include "aws/sha256.hpp"
#include "core/percent_encoding.hpp"
#include "core/rfc3339.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
constexpr std::string_view kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::chrono::seconds kLongestPresign{7 * 24 * 3600};

/// What a signature covers besides the request: `YYYYMMDD/region/service/aws4_request`.
struct Scope {
  /// `YYYYMMDDTHHMMSSZ`
  std::string time;
  std::string text;

  [[nodiscard]] std::string_view date() const noexcept { return std::string_view{time}.substr(0, 8); }
};

Scope make_scope(const SigningParameters& parameters) {
  Scope scope{core::format_basic_iso8601(parameters.time), {}};
  scope.text.reserve(32 + parameters.region.size() + parameters.service.size());
  scope.text.append(scope.date()).append("/").append(parameters.region).append("/");
  scope.text.append(parameters.service).append("/aws4_request");
  return scope;
}

const std::string* find_header(const HttpHeaders& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return equals_ignoring_case(header.first, name); });
  return found == headers.end() ? nullptr : &found->second;
}

std::string body_hash(Sha256& sha256, std::string_view body) {
  if (body.empty()) {
    return std::string{kEmptyHash};
  }
  std::string hash;
  append_hex(hash, sha256.hash(body));
  return hash;
}

std::vector<HeaderView> headers_to_sign(const HttpRequest& request, std::string_view host) {
  std::vector<HeaderView> headers;
  headers.reserve(request.headers.size() + 1);
  bool has_host = false;
  for (const auto& [name, value] : request.headers) {
    if (!is_unsigned_header(name)) {
      headers.push_back({name, value});
      has_host = has_host || equals_ignoring_case(name, "host");
    }
  }
  if (!has_host) {
    headers.push_back({"host", host});
  }
  return headers;
}

void append_signature(std::string& out, Sha256& sha256, const CanonicalRequest& canonical, const Scope& scope,
                      const Credentials& credentials, const SigningParameters& parameters, SigningKeyCache& keys) {
  std::string text;
  text.reserve(kAlgorithm.size() + scope.time.size() + scope.text.size() + 67);
  text.append(kAlgorithm).append("\n").append(scope.time).append("\n").append(scope.text).append("\n");
  append_hex(text, sha256.hash(canonical.text));
  const auto key =
      keys.get(sha256, credentials.secret_access_key(), scope.date(), parameters.region, parameters.service);
  append_hex(out, sha256.hmac(key.bytes(), text));
}

PathRules path_rules(std::string_view service) noexcept {
  return uses_s3_rules(service) ? PathRules::as_key : PathRules::normalize_and_encode_twice;
}

/// The query without the parameters of an earlier signature.
std::string without_signature(std::string_view query) {
  constexpr std::array<std::string_view, 7> kNames{"X-Amz-Algorithm",    "X-Amz-Credential",     "X-Amz-Date",
                                                   "X-Amz-Expires",      "X-Amz-Security-Token", "X-Amz-Signature",
                                                   "X-Amz-SignedHeaders"};
  std::string out;
  for (std::size_t begin = 0; begin < query.size();) {
    const auto end = std::min(query.find('&', begin), query.size());
    const auto pair = query.substr(begin, end - begin);
    begin = end + 1;
    const auto name = pair.substr(0, pair.find('='));
    if (pair.empty() || std::find(kNames.begin(), kNames.end(), name) != kNames.end()) {
      continue;
    }
    out.append(pair).append("&");
  }
  return out;
}

}  // namespace

bool uses_s3_rules(std::string_view service) noexcept {
  return service == "s3" || service == "s3-object-lambda" || service == "s3-outposts" || service == "s3express";
}

void sign_headers(HttpRequest& request, const Credentials& credentials, const SigningParameters& parameters,
                  SigningKeyCache& keys, std::string* canonical_request) {
  const auto url = split_url(request.url);
  const bool s3 = uses_s3_rules(parameters.service);
  const auto scope = make_scope(parameters);
  Sha256 sha256;

  auto& headers = request.headers;
  std::string payload_hash;
  if (parameters.unsigned_payload) {
    payload_hash = kUnsignedPayload;
  } else if (!parameters.payload_hash.empty()) {
    payload_hash = parameters.payload_hash;
  } else if (const auto* given = s3 ? nullptr : find_header(headers, "x-amz-content-sha256")) {
    payload_hash = *given;
  } else {
    payload_hash = body_hash(sha256, request.body);
  }
  const bool hash_is_header = s3 || parameters.unsigned_payload;
  std::erase_if(headers, [&](const auto& header) {
    const std::string_view name = header.first;
    return equals_ignoring_case(name, "authorization") || equals_ignoring_case(name, "x-amz-date") ||
           equals_ignoring_case(name, "x-amz-security-token") ||
           (hash_is_header && equals_ignoring_case(name, "x-amz-content-sha256"));
  });
  headers.reserve(headers.size() + 4);
  headers.emplace_back("X-Amz-Date", scope.time);
  if (!credentials.session_token().empty()) {
    headers.emplace_back("X-Amz-Security-Token", credentials.session_token().reveal());
  }
  if (hash_is_header) {
    headers.emplace_back("X-Amz-Content-Sha256", payload_hash);
  }

  auto to_sign = headers_to_sign(request, host_header(url));
  auto canonical = make_canonical_request(request.method, url.path, url.query, to_sign, payload_hash,
                                          path_rules(parameters.service));
  const auto signed_headers = canonical.signed_headers();
  std::string authorization;
  authorization.reserve(160 + credentials.access_key_id().size() + scope.text.size() + signed_headers.size());
  authorization.append(kAlgorithm).append(" Credential=").append(credentials.access_key_id()).append("/");
  authorization.append(scope.text).append(", SignedHeaders=").append(signed_headers).append(", Signature=");
  append_signature(authorization, sha256, canonical, scope, credentials, parameters, keys);
  headers.emplace_back("Authorization", std::move(authorization));
  if (canonical_request != nullptr) {
    *canonical_request = std::move(canonical.text);
  } else {
    wipe(canonical.text);  // it holds the session token
  }
}

std::string presign_url(const HttpRequest& request, const Credentials& credentials, const SigningParameters& parameters,
                        std::chrono::seconds expires, SigningKeyCache& keys) {
  if (expires.count() < 1 || expires > kLongestPresign) {
    throw ValidationError{{.message = "A presigned URL lives from 1 to 604800 seconds (7 days)",
                           .code = "InvalidParameter",
                           .param = "X-Amz-Expires",
                           .value = std::to_string(expires.count())}};
  }
  const auto url = split_url(request.url);
  const auto scope = make_scope(parameters);
  Sha256 sha256;

  std::string payload_hash;
  if (parameters.unsigned_payload || uses_s3_rules(parameters.service)) {
    payload_hash = kUnsignedPayload;
  } else if (!parameters.payload_hash.empty()) {
    payload_hash = parameters.payload_hash;
  } else if (const auto* given = find_header(request.headers, "x-amz-content-sha256")) {
    payload_hash = *given;
  } else {
    payload_hash = body_hash(sha256, request.body);
  }

  auto to_sign = headers_to_sign(request, host_header(url));
  std::vector<std::string> names;
  names.reserve(to_sign.size());
  for (const auto& header : to_sign) {
    auto& name = names.emplace_back(header.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string signed_headers;
  for (const auto& name : names) {
    signed_headers.append(signed_headers.empty() ? "" : ";").append(name);
  }

  auto query = without_signature(url.query);
  query.append("X-Amz-Algorithm=").append(kAlgorithm);
  query.append("&X-Amz-Credential=")
      .append(core::percent_encode(credentials.access_key_id() + "/" + scope.text, false));
  query.append("&X-Amz-Date=").append(scope.time);
  query.append("&X-Amz-Expires=").append(std::to_string(expires.count()));
  if (!credentials.session_token().empty()) {
    query.append("&X-Amz-Security-Token=").append(core::percent_encode(credentials.session_token().reveal(), false));
  }
  query.append("&X-Amz-SignedHeaders=").append(core::percent_encode(signed_headers, false));

  auto canonical =
      make_canonical_request(request.method, url.path, query, to_sign, payload_hash, path_rules(parameters.service));
  std::string out{request.url.substr(0, request.url.find_first_of("?#"))};
  out.reserve(out.size() + query.size() + 96);
  if (url.path.empty()) {
    out += '/';
  }
  out.append("?").append(query).append("&X-Amz-Signature=");
  append_signature(out, sha256, canonical, scope, credentials, parameters, keys);
  wipe(canonical.text);
  wipe(query);
  return out;
}

}  // namespace aws_refresh_session::aws
