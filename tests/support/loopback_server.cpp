#include "support/loopback_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace aws_refresh_session::test {
namespace {

template <typename Type, auto kFree>
struct Free {
  void operator()(Type* pointer) const noexcept { kFree(pointer); }
};
using Bio = std::unique_ptr<BIO, Free<BIO, &BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, &EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509, &X509_free>>;
using Tls = std::unique_ptr<SSL, Free<SSL, &SSL_free>>;

void check(bool done, const char* what) {
  if (!done) {
    throw std::runtime_error{what};
  }
}

std::shared_ptr<void> make_tls_context(const std::string& certificate_pem, const std::string& key_pem) {
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
  const Bio certificate_text{BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size()))};
  const Bio key_text{BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()))};
  const Certificate certificate{PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr)};
  const Key key{PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr)};
  check(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1, "SSL_CTX_use_certificate");
  check(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, "SSL_CTX_use_PrivateKey");
  return context;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "Content-Length: ";
  const auto found = head.find(kName);
  std::size_t length = 0;
  if (found != std::string_view::npos) {
    const auto text = head.substr(found + kName.size());
    std::from_chars(text.data(), text.data() + text.size(), length);
  }
  return length;
}

}  // namespace

std::optional<std::string> ServerStream::read_some() {
  std::array<char, 4'096> buffer{};
  const auto count = tls_ != nullptr ? SSL_read(static_cast<SSL*>(tls_), buffer.data(), static_cast<int>(buffer.size()))
                                     : ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (count <= 0) {
    return std::nullopt;
  }
  return std::string{buffer.data(), static_cast<std::size_t>(count)};
}

std::optional<std::string> ServerStream::read_request() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  while (true) {
    if (const auto end = pending_.find(kEnd); end != std::string::npos) {
      const auto size = end + kEnd.size() + content_length(pending_.substr(0, end));
      if (pending_.size() >= size) {
        auto request = pending_.substr(0, size);
        pending_.erase(0, size);
        return request;
      }
    }
    const auto more = read_some();
    if (!more) {
      return std::nullopt;
    }
    pending_ += *more;
  }
}

bool ServerStream::write(std::string_view data) {
  while (!data.empty()) {
    const auto count = tls_ != nullptr ? SSL_write(static_cast<SSL*>(tls_), data.data(), static_cast<int>(data.size()))
                                       : ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void ServerStream::wait_for_close() {
  while (read_some()) {
  }
}

void ServerStream::reset_on_close() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

LoopbackServer::LoopbackServer(Handler handler, const std::string& certificate_pem, const std::string& key_pem)
    : handler_(std::move(handler)) {
  if (!certificate_pem.empty()) {
    tls_context_ = make_tls_context(certificate_pem, key_pem);
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&address));
  check(::bind(listener_, generic, size) == 0 && ::listen(listener_, SOMAXCONN) == 0, "listen");
  check(::getsockname(listener_, generic, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread{[this] { accept_all(); }};
}

LoopbackServer::~LoopbackServer() {
  std::vector<std::thread> serving;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    for (const int socket : open_) {
      ::shutdown(socket, SHUT_RDWR);
    }
  }
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  ::close(listener_);
  {
    const std::lock_guard lock{mutex_};
    serving.swap(serving_);
  }
  for (auto& each : serving) {
    each.join();
  }
}

void LoopbackServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      return;
    }
    ++accepted_;
    const std::lock_guard lock{mutex_};
    if (stopping_) {
      ::close(socket);
      return;
    }
    open_.push_back(socket);
    serving_.emplace_back([this, socket] { serve(socket); });
  }
}

void LoopbackServer::serve(int socket) {
  // OpenSSL writes without MSG_NOSIGNAL. On this thread only: the code under test must cope by itself.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  Tls tls;
  bool ready = true;
  if (tls_context_) {
    tls.reset(SSL_new(static_cast<SSL_CTX*>(tls_context_.get())));
    SSL_set_fd(tls.get(), socket);
    ready = SSL_accept(tls.get()) == 1;
  }
  if (ready) {
    ServerStream stream{socket, tls.get()};
    handler_(stream);
  }
  const std::lock_guard lock{mutex_};
  open_.erase(std::find(open_.begin(), open_.end(), socket));
  ::close(socket);
}

std::string LoopbackServer::url(std::string_view path) const {
  return (tls_context_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_) + std::string{path};
}

LoopbackServer::Handler LoopbackServer::always(std::string response) {
  return [response = std::move(response)](ServerStream& stream) {
    while (stream.read_request() && stream.write(response)) {
    }
  };
}

std::string LoopbackServer::answer(std::string_view body, std::string_view status, std::string_view headers) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\n").append(headers).append("Content-Length: ");
  text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return text;
}

TestCertificate make_test_certificate(const std::string& alternative_names) {
  constexpr long kHour = 3'600;
  const Key key{EVP_EC_gen("P-256")};
  const Certificate certificate{X509_new()};
  auto* const raw = certificate.get();
  ASN1_INTEGER_set(X509_get_serialNumber(raw), 1);
  X509_set_version(raw, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(raw), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(raw), kHour);
  X509_set_pubkey(raw, key.get());
  auto* const name = X509_get_subject_name(raw);
  const std::string common_name = "localhost";
  X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                             static_cast<const unsigned char*>(static_cast<const void*>(common_name.c_str())), -1, -1,
                             0);
  X509_set_issuer_name(raw, name);
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION, &X509_EXTENSION_free>> alternative{
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_names.c_str())};
  X509_add_ext(raw, alternative.get(), -1);
  check(X509_sign(raw, key.get(), EVP_sha256()) > 0, "X509_sign");

  const auto text = [](const Bio& bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return std::string{data, static_cast<std::size_t>(size)};
  };
  const Bio certificate_out{BIO_new(BIO_s_mem())};
  const Bio key_out{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(certificate_out.get(), raw);
  PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text(certificate_out), text(key_out)};
}

}  // namespace aws_refresh_session::test
