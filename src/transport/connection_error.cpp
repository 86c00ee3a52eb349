#include "transport/connection_error.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace aws_refresh_session::transport {
namespace {

struct Explanation {
  std::string_view code;
  std::string_view message;
  ErrorKind kind = ErrorKind::recoverable;
};

constexpr Explanation kConnectTimeout{
    "ConnectTimeout",
    "No connection to the service within the time limit. Check the network, a proxy or firewall in between, and the "
    "endpoint URL"};
constexpr Explanation kTimeout{
    "Timeout",
    "The service took the request but did not answer within the time limit. Try again later, or allow more time"};
constexpr Explanation kNameResolution{
    "NameResolution", "The host name cannot be resolved. Check the endpoint URL, the region and the DNS settings"};
constexpr Explanation kConnectionRefused{
    "ConnectionRefused", "Nothing listens at the endpoint. Check its host and port, and that the service runs"};
constexpr Explanation kConnectionReset{
    "ConnectionReset",
    "The connection ended before the whole answer had come. Try again later; if it goes on, look at the service and "
    "at proxies in between"};
constexpr Explanation kNotTrusted{
    "TlsVerification",
    "The server's certificate is not trusted. Check the host name in the endpoint URL, or give the CA bundle of "
    "whoever signed the certificate",
    ErrorKind::non_recoverable};
constexpr Explanation kBadCaBundle{"TlsVerification", "The CA bundle cannot be read. Give a file of PEM certificates",
                                   ErrorKind::non_recoverable};
constexpr Explanation kTlsFailed{"Network",
                                 "The TLS handshake failed. Check that the endpoint speaks TLS at this port"};
constexpr Explanation kNotHttp{"Network",
                               "The server did not answer in HTTP. Check the endpoint URL, its scheme and its port"};
constexpr Explanation kNetwork{"Network",
                               "The request failed. Check the network, the proxy settings and the endpoint URL"};

Explanation explain_not_connected(int os_error) noexcept {
  switch (os_error) {
    case ECONNREFUSED:
      return kConnectionRefused;
    case ECONNRESET:
      return kConnectionReset;
    case ETIMEDOUT:
      return kConnectTimeout;
    default:
      return kNetwork;
  }
}

Explanation explain(const TransferFailure& failure) noexcept {
  switch (failure.result) {
    case CURLE_OPERATION_TIMEDOUT:
      return failure.connected ? kTimeout : kConnectTimeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return kNameResolution;
    case CURLE_COULDNT_CONNECT:
      return explain_not_connected(failure.os_error);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return kConnectionReset;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return kNotTrusted;
    case CURLE_SSL_CACERT_BADFILE:
      return kBadCaBundle;
    case CURLE_SSL_CONNECT_ERROR:
      return kTlsFailed;
    // libcurl's word for an answer without a status line; the URL's scheme was checked before.
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return kNotHttp;
    default:
      return kNetwork;
  }
}

ErrorFields fields(const Explanation& explanation, std::string details) {
  ErrorFields fields;
  fields.message = explanation.message;
  fields.code = explanation.code;
  fields.details = std::move(details);
  fields.kind = explanation.kind;
  return fields;
}

}  // namespace

ConnectionError connection_error(const TransferFailure& failure, const std::string& host) {
  std::string details = host + ": ";
  if (failure.result == CURLE_PEER_FAILED_VERIFICATION && !failure.tls_text.empty()) {
    details += failure.tls_text;
  } else {
    details += curl_easy_strerror(failure.result);
  }
  if (failure.os_error != 0) {
    details += " (" + std::generic_category().message(failure.os_error) + ")";
  }
  auto explained = fields(explain(failure), std::move(details));
  if (failure.result == CURLE_SSL_CACERT_BADFILE) {
    explained.param = "ca_bundle";
    explained.value = failure.ca_bundle;
  }
  return ConnectionError{std::move(explained)};
}

ConnectionError cancelled_error(const std::string& host) {
  return ConnectionError{fields({"Cancelled", "The request was stopped", ErrorKind::cancelled}, host)};
}

ConnectionError response_too_large_error(const std::string& host, std::size_t limit) {
  const auto message = "The answer is larger than the " + std::to_string(limit) +
                       " bytes that it may take in memory. Check the endpoint URL; receive large bodies into a file";
  return ConnectionError{fields({"ResponseTooLarge", message}, host)};
}

ConnectionError invalid_url_error() {
  return ConnectionError{fields({"InvalidUrl",
                                 "The URL cannot be used. Give an absolute http:// or https:// URL, percent-encoded, "
                                 "without user name and password",
                                 ErrorKind::non_recoverable},
                                {})};
}

}  // namespace aws_refresh_session::transport
