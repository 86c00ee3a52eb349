#include "server/connection.hpp"

#include "server/served_json.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace aws_refresh_session::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using Allocator = WipingAllocator<char>;
using Fields = http::basic_fields<Allocator>;
using Stream = beast::basic_stream<asio::generic::stream_protocol, asio::io_context::executor_type>;
using Buffer = beast::basic_flat_buffer<Allocator>;
using Parser = http::request_parser<http::empty_body, Allocator>;
using Body = http::basic_string_body<char, std::char_traits<char>, Allocator>;
using Response = http::response<Body, Fields>;

/// One look at a role that has no set yet. Looking is a few loads; being told would tie the engine's threads to this
/// one's life.
constexpr std::chrono::milliseconds kBetweenLooks{10};

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

HeaderValue header(const Fields& fields, beast::string_view name) {
  HeaderValue found;
  const auto [first, last] = fields.equal_range(name);
  for (auto each = first; each != last; ++each) {
    ++found.count;
    found.value = view(each->value());
  }
  return found;
}

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::put:
      return Method::put;
    default:
      return Method::other;
  }
}

Request describe(const Parser& parser) {
  const auto& head = parser.get();
  const auto length = parser.content_length();
  return {.method = method_of(head.method()),
          .target = view(head.target()),
          .host = header(head, "Host"),
          .authorization = header(head, "Authorization"),
          .origin = header(head, "Origin"),
          .forwarded_for = header(head, "X-Forwarded-For"),
          .metadata_token = header(head, "X-aws-ec2-metadata-token"),
          .metadata_token_life = header(head, "X-aws-ec2-metadata-token-ttl-seconds"),
          .has_body = parser.chunked() || (length && *length != 0)};
}

Response respond(Answer&& answer, const Parser& parser, bool keep_alive, WallTime now) {
  const bool is_head = parser.is_header_done() && parser.get().method() == http::verb::head;
  Response response{static_cast<http::status>(answer.status), parser.get().version() == 10 ? 10U : 11U};
  response.set(http::field::date, http_date(now));
  const auto set = [&](http::field name, std::string_view value) {
    if (!value.empty()) {
      response.set(name, beast::string_view{value.data(), value.size()});
    }
  };
  set(http::field::content_type, answer.content_type);
  set(http::field::allow, answer.allow);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  if (!answer.content_security_policy.empty()) {
    response.set("Content-Security-Policy",
                 beast::string_view{answer.content_security_policy.data(), answer.content_security_policy.size()});
  }
  if (answer.status == 401) {
    response.set(http::field::www_authenticate, "Token");
  }
  if (answer.retry_soon) {
    response.set(http::field::retry_after, "1");
  }
  if (!answer.metadata_token_life.empty()) {
    response.set("X-aws-ec2-metadata-token-ttl-seconds", answer.metadata_token_life);
  }
  response.keep_alive(keep_alive);
  response.content_length(answer.body.size());
  if (!is_head) {
    response.body() = std::move(answer.body);
  }
  return response;
}

/// What a malformed request is told; nothing for a connection that is simply over.
std::optional<Answer> complaint(beast::error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return RequestHandler::refusal(431, Outcome::too_large, "RequestTooLarge", "The request's headers are too large.");
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error.category() != http::make_error_code(http::error::bad_method).category()) {
    return std::nullopt;
  }
  return RequestHandler::refusal(400, Outcome::bad_request, "BadRequest", "This is no HTTP/1 request.");
}

}  // namespace

/// Everything runs on the loop's one thread. Pending operations keep it alive; when none is left, it ends.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::io_context& loop, int family, int descriptor, const ConnectionContext& context)
      : context_(context), stream_(loop.get_executor()), timer_(loop), buffer_(context.limits.max_request_bytes) {
    stream_.socket().assign(asio::generic::stream_protocol{family, 0}, descriptor);
    // Last: nobody may know of a connection that was never made.
    place_ = context.connections.add(*this);
  }
  ~Connection() { context_.connections.remove(place_, closing_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void await_request(std::chrono::milliseconds patience) {
    waiting_ = true;
    context_.connections.move_to_back(place_);
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(context_.limits.max_request_bytes));
    if (buffer_.size() != 0) {
      read_request();
      return;
    }
    // The memory that held the last request's token goes, and comes back zeroed.
    buffer_.shrink_to_fit();
    stream_.expires_after(patience);
    stream_.async_read_some(buffer_.prepare(std::min<std::size_t>(kFirstRead, context_.limits.max_request_bytes)),
                            [self = shared_from_this()](beast::error_code error, std::size_t size) {
                              self->buffer_.commit(size);
                              if (error) {
                                self->close();
                              } else {
                                self->read_request();
                              }
                            });
  }

  /// It can be given up without anybody losing an answer.
  [[nodiscard]] bool waiting() const noexcept { return waiting_ && !closing_; }

  /// Pending operations end with an error, and with them the connection.
  void close() {
    if (!std::exchange(closing_, true)) {
      context_.connections.note_closing();
    }
    timer_.cancel();
    stream_.close();
  }

 private:
  static constexpr std::size_t kFirstRead = 2'048;

  void read_request() {
    stream_.expires_after(context_.limits.request_timeout);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              self->waiting_ = false;
                              self->asked_at_ = self->context_.clock.steady_now();
                              if (error) {
                                self->refuse(error);
                              } else {
                                self->answer();
                              }
                            });
  }

  void refuse(beast::error_code error) {
    auto answer = complaint(error);
    if (!answer) {
      if (error == beast::error::timeout) {
        // The stream has closed the socket already: nothing can be said any more.
        context_.handler.metrics().count(Outcome::timed_out, context_.limits.request_timeout);
      }
      close();
      return;
    }
    answer->closes = true;
    write(std::move(*answer));
  }

  void answer() {
    context_.handler.metrics().set_connections(context_.connections.size());
    auto answer = context_.handler.answer(describe(*parser_), asked_at_);
    if (answer) {
      write(std::move(*answer));
      return;
    }
    stream_.expires_never();
    timer_.expires_after(kBetweenLooks);
    timer_.async_wait([self = shared_from_this()](beast::error_code error) {
      if (!error) {
        self->answer();
      }
    });
  }

  void write(Answer answer) {
    const auto outcome = answer.outcome;
    const bool keep_alive = !answer.closes && !context_.stopping && parser_->is_header_done() && parser_->keep_alive();
    response_.emplace(respond(std::move(answer), *parser_, keep_alive, context_.clock.now()));
    serializer_.emplace(*response_);
    stream_.expires_after(context_.limits.write_timeout);
    http::async_write(
        stream_, *serializer_, [self = shared_from_this(), outcome, keep_alive](beast::error_code error, std::size_t) {
          self->context_.handler.metrics().count(outcome, self->context_.clock.steady_now() - self->asked_at_);
          self->serializer_.reset();
          self->response_.reset();
          self->parser_.reset();
          if (error) {
            self->close();
          } else if (keep_alive && !self->context_.stopping) {
            self->await_request(self->context_.limits.idle_timeout);
          } else {
            self->finish();
          }
        });
  }

  /// What the client still sends is read for a moment: closing at once would reset the connection, and the client might
  /// lose the answer (RFC 9112, 9.6).
  void finish() {
    constexpr std::chrono::seconds kLinger{1};
    constexpr std::size_t kMostIgnored = 2U << 20U;
    if (context_.stopping) {
      close();
      return;
    }
    beast::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    waiting_ = true;
    ignore_rest(kMostIgnored);
  }

  void ignore_rest(std::size_t budget) {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(std::min<std::size_t>(kFirstRead, context_.limits.max_request_bytes)),
                            [self = shared_from_this(), budget](beast::error_code error, std::size_t size) {
                              if (error || size >= budget) {
                                self->close();
                              } else {
                                self->ignore_rest(budget - size);
                              }
                            });
  }

  ConnectionContext context_;
  Stream stream_;
  asio::steady_timer timer_;
  Buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<Response> response_;
  std::optional<http::response_serializer<Body, Fields>> serializer_;
  Connections::Place place_;
  SteadyTime asked_at_;
  bool waiting_ = true;
  bool closing_ = false;
};

void Connections::remove(Place place, bool was_closing) {
  open_.erase(place);
  closing_ -= was_closing ? 1 : 0;
  if (open_.empty() && when_empty_) {
    when_empty_();
  }
}

bool Connections::evict() {
  const auto waits = [](const Connection* each) { return each->waiting(); };
  const auto found = std::find_if(open_.begin(), open_.end(), waits);
  if (found == open_.end()) {
    return false;
  }
  (*found)->close();
  return true;
}

void Connections::wind_down(std::function<void()> when_empty) {
  for (Connection* each : open_) {
    if (each->waiting()) {
      each->close();
    }
  }
  when_empty_ = std::move(when_empty);
  if (open_.empty()) {
    when_empty_();
  }
}

void serve_connection(asio::io_context& loop, int family, int descriptor, const ConnectionContext& context) {
  std::make_shared<Connection>(loop, family, descriptor, context)->await_request(context.limits.request_timeout);
}

}  // namespace aws_refresh_session::server
