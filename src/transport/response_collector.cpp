#include "transport/response_collector.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <algorithm>
#include <charconv>
#include <new>
#include <string>
#include <utility>

namespace aws_refresh_session::transport {
namespace {

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Of a status line, `HTTP/1.1 200 OK`; 0 for what is none.
int status_of(std::string_view line) noexcept {
  const auto blank = line.find(' ');
  int status = 0;
  if (blank != std::string_view::npos) {
    std::from_chars(line.data() + blank + 1, line.data() + line.size(), status);
  }
  return status;
}

bool is_success(int status) noexcept {
  constexpr int kFirstSuccess = 200;
  constexpr int kFirstRedirect = 300;
  return status >= kFirstSuccess && status < kFirstRedirect;
}

}  // namespace

void ResponseCollector::attach(CURL* easy) noexcept {
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &ResponseCollector::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &ResponseCollector::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

// Both callbacks: returning another number than came ends the transfer. An exception must not pass through libcurl.
std::size_t ResponseCollector::on_header(const char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& collector = *static_cast<ResponseCollector*>(self);
  try {
    if (collector.fits(size * count)) {
      collector.add_header({data, size * count});
      return size * count;
    }
  } catch (const std::bad_alloc&) {
    collector.too_large_ = true;
  }
  return 0;
}

std::size_t ResponseCollector::on_body(const char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& collector = *static_cast<ResponseCollector*>(self);
  try {
    if (collector.is_for_sink()) {
      if (!std::exchange(collector.sink_has_begun_, true)) {
        collector.sink_->begin();
      }
      collector.sink_->write({data, size * count});
      return size * count;
    }
    if (collector.fits(size * count)) {
      collector.add_body({data, size * count});
      return size * count;
    }
  } catch (const std::bad_alloc&) {
    collector.too_large_ = true;
  } catch (...) {
    collector.error_ = std::current_exception();
  }
  return 0;
}

HttpResponse ResponseCollector::take(int status) {
  response_.status = status;
  if (is_for_sink() && !std::exchange(sink_has_begun_, true)) {
    sink_->begin();
  }
  return std::move(response_);
}

bool ResponseCollector::is_for_sink() const noexcept {
  return sink_ != nullptr && is_success(response_.status);
}

bool ResponseCollector::fits(std::size_t size) noexcept {
  too_large_ = too_large_ || size > limit_ - received_;
  if (!too_large_) {
    received_ += size;
  }
  return !too_large_;
}

void ResponseCollector::add_header(std::string_view line) {
  // A new status line: what came before was an interim answer (RFC 9110, 15.2).
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    response_.status = status_of(line);
    return;
  }
  const auto colon = line.find(':');
  // Neither the empty line at the end nor a folded line, which is obsolete (RFC 9112, 5.2), is a header.
  if (colon == std::string_view::npos || colon == 0 || line.front() == ' ' || line.front() == '\t') {
    return;
  }
  std::string name{trim(line.substr(0, colon))};
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char each) { return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each; });
  response_.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
}

void ResponseCollector::add_body(std::string_view data) {
  auto& body = response_.body;
  if (body.capacity() - body.size() < data.size()) {
    // By hand, because std::string would leave the old bytes behind in freed memory.
    constexpr std::size_t kFirst = 4'096;
    std::string larger;
    larger.reserve(std::max({kFirst, body.capacity() * 2, body.size() + data.size()}));
    larger.append(body);
    body.swap(larger);
    wipe(larger);
  }
  body.append(data);
}

}  // namespace aws_refresh_session::transport
