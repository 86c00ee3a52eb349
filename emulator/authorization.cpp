#include "emulator/authorization.hpp"

#include "emulator/aws_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::chrono::seconds kLongestPresign{7 * 24 * 3600};

[[noreturn]] void incomplete(const std::string& message) {
  throw AwsError(400, "IncompleteSignature", message);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

/// The value of a parameter that may be there once.
std::optional<std::string> single(const Parameters& query, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [key, value] : query) {
    if (key == name) {
      if (found) {
        incomplete(fmt::format("The parameter {} is there more than once.", name));
      }
      found = value;
    }
  }
  return found;
}

std::string required(const Parameters& query, std::string_view name) {
  auto value = single(query, name);
  if (!value || value->empty()) {
    incomplete(fmt::format("AWS query-string parameters must include '{}'.", name));
  }
  return std::move(*value);
}

void read_scope(const std::string& credential, Authorization& claim) {
  auto parts = split(credential, '/');
  if (parts.size() != 5 || parts[4] != "aws4_request" || parts[0].empty()) {
    incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.");
  }
  claim.access_key_id = std::move(parts[0]);
  claim.date = std::move(parts[1]);
  claim.region = std::move(parts[2]);
  claim.service = std::move(parts[3]);
}

void read_signed_headers(const std::string& text, Authorization& claim) {
  claim.signed_headers = split(text, ';');
  if (!std::ranges::is_sorted(claim.signed_headers, std::ranges::less_equal{}) ||
      std::ranges::any_of(claim.signed_headers, [](const auto& name) { return name.empty() || name != lower(name); })) {
    incomplete("SignedHeaders must be lower case, sorted and without repetition.");
  }
}

void read_header_form(std::string_view header, const HttpRequest& request, Authorization& claim) {
  if (!header.starts_with(kAlgorithm) || !header.substr(kAlgorithm.size()).starts_with(' ')) {
    incomplete("Authorization header requires the algorithm AWS4-HMAC-SHA256.");
  }
  Parameters fields;
  for (const auto& part : split(header.substr(kAlgorithm.size() + 1), ',')) {
    const auto from = std::min(part.find_first_not_of(' '), part.size());
    const auto equals = part.find('=', from);
    if (equals == std::string::npos) {
      incomplete("Authorization header has a part that is no key=value pair.");
    }
    fields.emplace_back(part.substr(from, equals - from), part.substr(equals + 1));
  }
  const auto field = [&fields](std::string_view name) {
    auto value = single(fields, name);
    if (!value) {
      incomplete(fmt::format("Authorization header requires '{}' parameter.", name));
    }
    return std::move(*value);
  };
  read_scope(field("Credential"), claim);
  read_signed_headers(field("SignedHeaders"), claim);
  claim.signature = field("Signature");

  if (const auto amz_date = request.header("X-Amz-Date")) {
    const auto time = parse_amz_date(*amz_date);
    if (!time || request.all("X-Amz-Date").size() > 1) {
      incomplete("Date must be in ISO-8601 'basic format'.");
    }
    claim.timestamp = *amz_date;
    claim.time = *time;
  } else if (const auto date = request.header("Date")) {
    const auto time = parse_http_date(*date);
    const auto basic = time ? time : parse_amz_date(*date);
    if (!basic) {
      incomplete("Date cannot be read.");
    }
    claim.timestamp = format_amz_date(*basic);
    claim.time = *basic;
  } else {
    incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  const auto tokens = request.all("X-Amz-Security-Token");
  if (tokens.size() > 1) {
    incomplete("The header X-Amz-Security-Token is there more than once.");
  }
  if (!tokens.empty()) {
    claim.token = tokens.front();
  }
}

void read_query_form(const Parameters& query, Authorization& claim) {
  claim.presigned = true;
  if (single(query, "X-Amz-Algorithm") != kAlgorithm) {
    incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256.");
  }
  read_scope(required(query, "X-Amz-Credential"), claim);
  read_signed_headers(required(query, "X-Amz-SignedHeaders"), claim);
  claim.signature = required(query, "X-Amz-Signature");
  claim.timestamp = required(query, "X-Amz-Date");
  const auto time = parse_amz_date(claim.timestamp);
  if (!time) {
    incomplete("Date must be in ISO-8601 'basic format'.");
  }
  claim.time = *time;
  claim.token = single(query, "X-Amz-Security-Token").value_or("");
  const std::string expires = required(query, "X-Amz-Expires");
  std::chrono::seconds::rep count = 0;
  const auto [rest, error] = std::from_chars(expires.data(), expires.data() + expires.size(), count);
  if (error != std::errc{} || rest != expires.data() + expires.size() || count < 1 || count > kLongestPresign.count()) {
    incomplete("X-Amz-Expires must be a number of seconds from 1 to 604800.");
  }
  claim.expires = std::chrono::seconds{count};
}

}  // namespace

Authorization read_authorization(const HttpRequest& request, const Parameters& query) {
  Authorization claim;
  const auto headers = request.all("Authorization");
  const bool in_query = std::ranges::any_of(query, [](const auto& parameter) {
    return parameter.first == "X-Amz-Algorithm" || parameter.first == "X-Amz-Signature";
  });
  if (headers.empty() && !in_query) {
    throw AwsError(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  if (headers.size() + (in_query ? 1U : 0U) > 1) {
    incomplete("Only one signature is allowed: one Authorization header, or query parameters.");
  }
  if (in_query) {
    read_query_form(query, claim);
  } else {
    read_header_form(headers.front(), request, claim);
  }
  return claim;
}

}  // namespace aws_refresh_session::emulator
