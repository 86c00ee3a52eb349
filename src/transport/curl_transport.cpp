#include "transport/curl_transport.hpp"

#include "core/http_message.hpp"
#include "core/url.hpp"
#include "transport/body_reader.hpp"
#include "transport/connection_error.hpp"
#include "transport/handle_pool.hpp"
#include "transport/response_collector.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/version.hpp>

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <stop_token>
#include <string>
#include <utility>

namespace aws_refresh_session::transport {
namespace {

/// The parsed CA bundle is kept this long. A handle whose server was not trusted is thrown away, so that a bundle
/// that was put right is read again at once.
constexpr long kCaCacheSeconds = 3'600;

/// The header lines in libcurl's form. Zeroed before they are freed: they hold signatures and session tokens.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() {
    for (auto* each = list_; each != nullptr; each = each->next) {
      OPENSSL_cleanse(each->data, std::strlen(each->data));
    }
    curl_slist_free_all(list_);
  }

  void add(const std::string& line) {
    auto* const longer = curl_slist_append(list_, line.c_str());
    if (longer == nullptr) {
      throw std::bad_alloc{};
    }
    list_ = longer;
  }

  [[nodiscard]] curl_slist* get() const noexcept { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

void add_headers(const HttpRequest& request, HeaderList& list) {
  bool has_content_type = false;
  for (const auto& [name, value] : request.headers) {
    has_content_type = has_content_type || curl_strequal(name.c_str(), "content-type") != 0;
    // To libcurl, `Name:` removes a header; `Name;` sends it without a value.
    std::string line;
    line.reserve(name.size() + value.size() + 2);
    const bool is_blank = value.find_first_not_of(" \t") == std::string::npos;
    line.append(name).append(is_blank ? ";" : ": ").append(is_blank ? std::string_view{} : std::string_view{value});
    list.add(line);
    wipe(line);
  }
  // What libcurl would add by itself: a round trip before the body, and a form's content type.
  list.add("Expect:");
  if (!has_content_type) {
    list.add("Content-Type:");
  }
}

/// Sets options and remembers the first that libcurl refused.
class Options {
 public:
  explicit Options(CURL* easy) noexcept : easy_(easy) {}

  template <typename Value>
  void set(CURLoption option, Value value) noexcept {
    if (const auto result = curl_easy_setopt(easy_, option, value); result_ == CURLE_OK) {
      result_ = result;
    }
  }

  [[nodiscard]] CURL* easy() const noexcept { return easy_; }
  [[nodiscard]] CURLcode result() const noexcept { return result_; }

 private:
  CURL* easy_;
  CURLcode result_ = CURLE_OK;
};

long to_curl(std::chrono::milliseconds time) noexcept {
  // Zero would mean libcurl's default: no limit, or five minutes.
  constexpr std::chrono::milliseconds kDay{86'400'000};
  return static_cast<long>(std::clamp(time, std::chrono::milliseconds{1}, kDay).count());
}

void set_message(Options& options, const HttpRequest& request, const HeaderList& headers, BodyReader& reader) {
  options.set(CURLOPT_URL, request.url.c_str());
  options.set(CURLOPT_PATH_AS_IS, 1L);
  options.set(CURLOPT_HTTPHEADER, headers.get());
  options.set(CURLOPT_USERAGENT, ("aws-refresh-session/" + std::string{kVersion}).c_str());
  if (request.method == "HEAD") {
    options.set(CURLOPT_NOBODY, 1L);
  } else if (request.body_source) {
    options.set(CURLOPT_POST, 1L);
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body_source->size()));
    reader.attach(options.easy());
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    // An empty body, too: servers want its length.
    options.set(CURLOPT_POST, 1L);
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    options.set(CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method != "HEAD") {
    options.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void set_connection(Options& options, const HttpRequest& request) {
  options.set(CURLOPT_PROTOCOLS_STR, "http,https");
  options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  options.set(CURLOPT_NOSIGNAL, 1L);
  // A name lookup cannot be interrupted. Without this, cancelling would wait for the resolver's own time limit.
  options.set(CURLOPT_QUICK_EXIT, 1L);
  options.set(CURLOPT_CONNECTTIMEOUT_MS, to_curl(request.connect_timeout));
  options.set(CURLOPT_TIMEOUT_MS, to_curl(request.timeout));
  if (request.stall_timeout > std::chrono::milliseconds::zero()) {
    options.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    options.set(CURLOPT_LOW_SPEED_TIME, std::max(1L, to_curl(request.stall_timeout) / 1'000));
  }
  // libcurl sends a request again if a kept connection turns out to be closed before any answer came.
  options.set(CURLOPT_FRESH_CONNECT, request.never_resend ? 1L : 0L);
  if (request.bypass_proxy) {
    // Without it libcurl asks the environment for a proxy.
    options.set(CURLOPT_PROXY, "");
  }
}

void set_tls(Options& options, const HttpRequest& request) {
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  options.set(CURLOPT_SSL_VERIFYPEER, request.verify_tls ? 1L : 0L);
  options.set(CURLOPT_SSL_VERIFYHOST, request.verify_tls ? 2L : 0L);
  options.set(CURLOPT_CA_CACHE_TIMEOUT, kCaCacheSeconds);
  const bool own_bundle = !request.ca_bundle.empty();
  if (own_bundle) {
    options.set(CURLOPT_CAINFO, request.ca_bundle.c_str());
  }
  // The directory of certificates: it would add the system's to the caller's bundle, and it keeps libcurl from
  // caching what it parsed.
  if (own_bundle || curl_version_info(CURLVERSION_NOW)->cainfo != nullptr) {
    options.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
}

/// Runs the prepared transfer to its end, or until `stop`.
/// \returns CURLE_ABORTED_BY_CALLBACK after `stop`
CURLcode run(const CurlHandle& handle, const std::stop_token& stop) {
  constexpr int kPollMilliseconds = 1'000;
  auto* const multi = handle.multi();
  if (curl_multi_add_handle(multi, handle.easy()) != CURLM_OK) {
    return CURLE_FAILED_INIT;
  }
  auto result = CURLE_ABORTED_BY_CALLBACK;
  {
    // A wake-up that comes before the poll is kept by libcurl and ends the next one.
    const std::stop_callback wake{stop, [multi] { curl_multi_wakeup(multi); }};
    int running = 1;
    while (running > 0 && !stop.stop_requested()) {
      if (curl_multi_perform(multi, &running) != CURLM_OK ||
          (running > 0 && curl_multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr) != CURLM_OK)) {
        result = CURLE_FAILED_INIT;
        break;
      }
    }
    int left = 0;
    if (const auto* const message = curl_multi_info_read(multi, &left);
        message != nullptr && message->msg == CURLMSG_DONE) {
      result = message->data.result;
    }
  }
  curl_multi_remove_handle(multi, handle.easy());
  return result;
}

class CurlTransport final : public HttpTransport {
 public:
  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override {
    const auto url = core::parse_url(request.url);
    if (!url || !url->user_info.empty()) {
      throw invalid_url_error();
    }
    core::check_message(request);
    const auto host = core::host_header(*url);
    if (stop.stop_requested()) {
      throw cancelled_error(host);
    }

    const auto origin = url->scheme + "://" + host;
    auto handle = pool_.take(origin);
    handle->origin = origin;
    HeaderList headers;
    add_headers(request, headers);
    ResponseCollector collector{request};
    BodyReader reader{request.body_source.get()};
    std::array<char, CURL_ERROR_SIZE> text{};
    auto result = prepare(*handle, request, headers, collector, reader, text);
    if (result == CURLE_OK) {
      result = run(*handle, stop);
    }
    const auto status = info<long>(*handle, CURLINFO_RESPONSE_CODE);
    TransferFailure failure;
    failure.result = result;
    failure.connected = info<curl_off_t>(*handle, CURLINFO_PRETRANSFER_TIME_T) > 0;
    if (result == CURLE_COULDNT_CONNECT) {  // for others it may be left over from an address that was tried first
      failure.os_error = static_cast<int>(info<long>(*handle, CURLINFO_OS_ERRNO));
    }
    failure.tls_text = text.data();
    failure.ca_bundle = request.ca_bundle;
    // It must not keep pointers to this function's objects.
    curl_easy_reset(handle->easy());
    if (result != CURLE_PEER_FAILED_VERIFICATION && result != CURLE_SSL_CACERT_BADFILE) {
      pool_.give_back(std::move(handle));
    }

    if (result == CURLE_OK) {
      return collector.take(static_cast<int>(status));
    }
    for (const auto& error : {reader.error(), collector.error()}) {
      if (error) {
        std::rethrow_exception(error);
      }
    }
    if (result == CURLE_ABORTED_BY_CALLBACK) {
      throw cancelled_error(host);
    }
    if (collector.too_large()) {
      throw response_too_large_error(host, request.max_response);
    }
    throw connection_error(failure, host);
  }

 private:
  CURLcode prepare(const CurlHandle& handle, const HttpRequest& request, const HeaderList& headers,
                   ResponseCollector& collector, BodyReader& reader, std::array<char, CURL_ERROR_SIZE>& text) {
    curl_easy_reset(handle.easy());
    Options options{handle.easy()};
    set_message(options, request, headers, reader);
    set_connection(options, request);
    set_tls(options, request);
    options.set(CURLOPT_ERRORBUFFER, text.data());
    pool_.watch_sockets(handle.easy());
    collector.attach(handle.easy());
    return options.result();
  }

  template <typename Value>
  static Value info(const CurlHandle& handle, CURLINFO which) noexcept {
    Value value{};
    curl_easy_getinfo(handle.easy(), which, &value);
    return value;
  }

  HandlePool pool_;
};

}  // namespace

std::shared_ptr<HttpTransport> make_curl_transport() {
  return std::make_shared<CurlTransport>();
}

}  // namespace aws_refresh_session::transport
