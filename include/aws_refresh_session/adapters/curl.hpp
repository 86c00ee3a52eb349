#pragma once

/// \file
/// Signed requests with libcurl, by a program that drives libcurl itself. Header-only; include it where libcurl is
/// linked (`CURL::libcurl`), 7.83 or later.
///
///     ars::adapters::CurlSigner signer{ars::RequestSigner{session.provider(), "eu-west-1", "execute-api"}};
///     signer.apply(easy, {.url = "https://api.example.com/items?limit=10"});
///     curl_easy_perform(easy);
///
/// libcurl's own CURLOPT_AWS_SIGV4 is not used and must not be set: before 8.3 it signed queries wrongly, it takes the
/// keys as one text, and knows nothing of a session's refreshes.
/// https://curl.se/libcurl/c/CURLOPT_AWS_SIGV4.html

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/signing.hpp>

#include <curl/curl.h>
#include <algorithm>
#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session::adapters {

/// Where the body of a request comes from.
enum class CurlBody {
  /// `HttpRequest::body`, which libcurl copies.
  of_request,
  /// The program's own options (CURLOPT_UPLOAD and CURLOPT_READFUNCTION, CURLOPT_POSTFIELDS, ...), set before or after.
  /// The signature then needs `PayloadSigning`: the body's hash, or none.
  of_caller,
};

/// Puts signed requests onto easy handles, one after the other. Owns the list of headers that the handle points to:
/// keep it until the transfer has ended, and until the next `apply` or curl_easy_reset on that handle. One for each
/// handle; a handle and its signer belong to one thread at a time. The list is zeroed before it is freed, because it
/// holds the session token. It sets no callback, so nothing of it runs inside libcurl.
class CurlSigner {
 public:
  explicit CurlSigner(RequestSigner signer) noexcept : signer_(std::move(signer)) {}
  ~CurlSigner() { free(); }
  CurlSigner(const CurlSigner&) = delete;
  CurlSigner& operator=(const CurlSigner&) = delete;

  /// Signs the request with the current set and sets what was signed: CURLOPT_URL, CURLOPT_PATH_AS_IS,
  /// CURLOPT_HTTPHEADER and the method; with CurlBody::of_request the body, too. Turns CURLOPT_FOLLOWLOCATION off,
  /// because a signature fits one address. Everything else is the program's: time limits, TLS, callbacks.
  /// \param request `body_source` and all that is no part of the message do not count
  /// \returns the access key id of the set that signed, for should_sign_again
  /// \throws as RequestSigner::sign; ConfigurationError of code `LibcurlRefused` for an option that libcurl does not
  ///   take. The handle then keeps options of this call: apply again, or reset it.
  std::string apply(CURL* easy, HttpRequest request, const PayloadSigning& payload = {},
                    CurlBody body = CurlBody::of_request) {
    request.body_source.reset();
    auto access_key_id = signer_.sign(request, payload);
    set(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
    free();
    for (auto& [name, value] : request.headers) {
      // To libcurl, `Name:` removes a header; `Name;` sends it without a value.
      std::string line;
      line.reserve(name.size() + value.size() + 2);  // growing would leave copies behind
      const bool is_blank = value.find_first_not_of(" \t") == std::string::npos;
      line.append(name).append(is_blank ? ";" : ": ").append(is_blank ? std::string_view{} : std::string_view{value});
      add(std::move(line));
      wipe(value);
    }
    set(easy, CURLOPT_URL, request.url.c_str());
    set(easy, CURLOPT_PATH_AS_IS, 1L);
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    if (body == CurlBody::of_request) {
      set_method_and_body(easy, request);
    } else {
      set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    set(easy, CURLOPT_HTTPHEADER, headers_);
    return access_key_id;
  }

  /// Learns from the answer to a transfer that has ended, as RequestSigner::should_sign_again does.
  /// \param body what the program received of it; an error's is short
  /// \returns true if applying the request again and performing once more may help
  [[nodiscard]] bool should_sign_again(CURL* easy, std::string body, std::string_view access_key_id) const {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    HttpHeaders headers;
    for (curl_header* each = nullptr; (each = curl_easy_nextheader(easy, CURLH_HEADER, -1, each)) != nullptr;) {
      std::string name{each->name};
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      headers.emplace_back(std::move(name), each->value);
    }
    return signer_.should_sign_again({static_cast<int>(status), std::move(headers), std::move(body)}, access_key_id);
  }

 private:
  template <typename Value>
  static void set(CURL* easy, CURLoption option, Value value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) {
      throw ConfigurationError{{.message = "libcurl does not take an option that a signed request needs: check its "
                                           "version and that the handle is none of a transfer under way",
                                .code = "LibcurlRefused",
                                .param = std::to_string(static_cast<int>(option))}};
    }
  }

  void set_method_and_body(CURL* easy, const HttpRequest& request) {
    const bool has_body =
        !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (request.method == "HEAD") {
      set(easy, CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
      set(easy, CURLOPT_NOBODY, 1L);
      return;
    }
    if (has_body) {
      // Takes back what a HEAD before it said: the fields alone do not.
      set(easy, CURLOPT_POST, 1L);
      set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(easy, CURLOPT_COPYPOSTFIELDS, request.body.data());
      // What libcurl would add by itself: a round trip before the body, and a form's content type.
      add("Expect:");
      const bool has_type = std::any_of(request.headers.begin(), request.headers.end(), [](const auto& each) {
        return curl_strequal(each.first.c_str(), "content-type") != 0;
      });
      if (!has_type) {
        add("Content-Type:");
      }
    } else {
      set(easy, CURLOPT_HTTPGET, 1L);
    }
    set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  void add(std::string line) {
    auto* const longer = curl_slist_append(headers_, line.c_str());
    wipe(line);
    if (longer == nullptr) {
      throw std::bad_alloc{};
    }
    headers_ = longer;
  }

  void free() noexcept {
    for (auto* each = headers_; each != nullptr; each = each->next) {
      for (volatile char* c = each->data; *c != '\0'; ++c) {
        *c = '\0';
      }
    }
    curl_slist_free_all(std::exchange(headers_, nullptr));
  }

  RequestSigner signer_;
  curl_slist* headers_ = nullptr;
};

}  // namespace aws_refresh_session::adapters
