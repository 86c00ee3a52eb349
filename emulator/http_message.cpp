#include "emulator/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::size_t kMaxHeaders = 200;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

bool parse_request_line(std::string_view line, HttpRequest& request) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return false;
  }
  const auto version = line.substr(last + 1);
  const auto target = line.substr(first + 1, last - first - 1);
  request.method = line.substr(0, first);
  request.http_1_0 = version == "HTTP/1.0";
  if (!is_token(request.method) || !target.starts_with('/') || target.find(' ') != std::string_view::npos ||
      (version != "HTTP/1.1" && !request.http_1_0)) {
    return false;
  }
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  request.has_query = mark != std::string_view::npos;
  if (request.has_query) {
    request.query = target.substr(mark + 1);
  }
  return true;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::vector<std::string_view> HttpRequest::all(std::string_view name) const {
  const std::string wanted = lower(name);
  std::vector<std::string_view> values;
  for (const auto& [key, value] : headers) {
    if (lower(key) == wanted) {
      values.emplace_back(value);
    }
  }
  return values;
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  const auto values = all(name);
  return values.empty() ? std::nullopt : std::optional{values.front()};
}

std::optional<HttpRequest> parse_head(std::string_view head) {
  HttpRequest request;
  bool first = true;
  while (first || !head.empty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    if (std::ranges::any_of(line, is_control)) {
      return std::nullopt;
    }
    if (first) {
      if (!parse_request_line(line, request)) {
        return std::nullopt;
      }
      first = false;
      continue;
    }
    if (line.starts_with(' ') || line.starts_with('\t')) {
      // A folded line goes on with the last header's value (RFC 9112, 5.2).
      if (request.headers.empty()) {
        return std::nullopt;
      }
      auto& value = request.headers.back().second;
      value += ' ';
      value += trim(line);
      value = std::string{trim(value)};
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || request.headers.size() == kMaxHeaders) {
      return std::nullopt;
    }
    request.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return request;
}

std::string serialize(const HttpResponse& response, bool head_only, bool close) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
  for (const auto& [name, value] : response.headers) {
    text += fmt::format("{}: {}\r\n", name, value);
  }
  text += fmt::format("Content-Length: {}\r\n", response.body.size());
  text += close ? "Connection: close\r\n\r\n" : "\r\n";
  if (!head_only) {
    text += response.body;
  }
  return text;
}

}  // namespace aws_refresh_session::emulator
