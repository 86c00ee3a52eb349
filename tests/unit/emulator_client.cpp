#include "emulator_client.hpp"

#include "secret_registry.hpp"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace aws_refresh_session::emulator::testing {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return hex({digest.begin(), digest.end()});
}

std::string hmac(const std::string& key, const std::string& text) {
  std::array<unsigned char, 32> digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), nullptr);
  return {digest.begin(), digest.end()};
}

std::string small(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Of what is already encoded, sorted.
std::string sorted_query(const std::string& query) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : query + '&') {
    if (c != '&') {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(part.find('=') == std::string::npos ? part + '=' : part);
      part.clear();
    }
  }
  std::ranges::sort(parts);
  return fmt::format("{}", fmt::join(parts, "&"));
}

std::string signature(const Call& call, const std::string& headers, const std::string& names, const std::string& hash,
                      const std::string& stamp, const Keys& keys) {
  const std::string path = call.service == "s3" ? call.path : [&] {
    std::string twice;
    for (const char c : call.path) {
      twice += c == '/' ? std::string{"/"} : encode(std::string(1, c));
    }
    return twice;
  }();
  const std::string request =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", call.method, path, sorted_query(call.query), headers, names, hash);
  const std::string date = stamp.substr(0, 8);
  const std::string text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}/{}/{}/aws4_request\n{}", stamp, date, call.region,
                                       call.service, sha256(request));
  const std::string key =
      hmac(hmac(hmac(hmac("AWS4" + keys.secret_access_key, date), call.region), call.service), "aws4_request");
  return hex(hmac(key, text));
}

}  // namespace

std::string Answer::element(std::string_view name) const {
  const std::string open = fmt::format("<{}>", name);
  const auto from = body.find(open);
  const auto to = body.find(fmt::format("</{}>", name));
  return from == std::string::npos || to == std::string::npos
             ? std::string{}
             : body.substr(from + open.size(), to - from - open.size());
}

bool Answer::has_element(std::string_view name) const {
  return body.find(fmt::format("<{}", name)) != std::string::npos;
}

std::string encode(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    result += std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~' ? std::string(1, c)
                                                                                      : fmt::format("%{:02X}", byte);
  }
  return result;
}

std::string form(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", encode(name), encode(value));
  }
  return text;
}

Call sign(Call call, const Keys& keys, WallTime now) {
  const auto time = std::chrono::system_clock::to_time_t(now + call.time_offset);
  const std::string stamp = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(time));
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", stamp.substr(0, 8), call.region, call.service);
  if (call.expires) {
    call.query += fmt::format("{}X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}",
                              call.query.empty() ? "" : "&", encode(keys.access_key_id + '/' + scope), stamp,
                              call.expires->count());
    if (!keys.session_token.empty()) {
      call.query += "&X-Amz-Security-Token=" + encode(keys.session_token);
    }
    call.query += "&X-Amz-SignedHeaders=host";
    const std::string hash = call.service == "s3" ? "UNSIGNED-PAYLOAD" : sha256(call.body);
    call.query += "&X-Amz-Signature=" + signature(call, "host:emulator.test\n", "host", hash, stamp, keys);
    return call;
  }
  call.headers.emplace_back("X-Amz-Date", stamp);
  if (!keys.session_token.empty()) {
    call.headers.emplace_back("X-Amz-Security-Token", keys.session_token);
  }
  std::string hash = sha256(call.body);
  if (call.service == "s3") {
    const auto given = std::ranges::find_if(
        call.headers, [](const auto& header) { return small(header.first) == "x-amz-content-sha256"; });
    if (given == call.headers.end()) {
      call.headers.emplace_back("X-Amz-Content-Sha256", hash);
    } else {
      hash = given->second;
    }
  }
  std::map<std::string, std::string> canonical{{"host", "emulator.test"}};
  for (const auto& [name, value] : call.headers) {
    auto& joined = canonical[small(name)];
    joined += (joined.empty() ? "" : ",") + value;
  }
  std::string headers;
  std::vector<std::string> names;
  for (const auto& [name, value] : canonical) {
    headers += fmt::format("{}:{}\n", name, value);
    names.push_back(name);
  }
  const std::string list = fmt::format("{}", fmt::join(names, ";"));
  call.headers.emplace_back(
      "Authorization", fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                   keys.access_key_id, scope, list, signature(call, headers, list, hash, stamp, keys)));
  return call;
}

std::string wire(const Call& call, std::uint16_t /*port*/) {
  std::string text = fmt::format("{} {}{}{} HTTP/1.1\r\nHost: emulator.test\r\n", call.method, call.path,
                                 call.query.empty() ? "" : "?", call.query);
  for (const auto& [name, value] : call.headers) {
    text += fmt::format("{}: {}\r\n", name, value);
  }
  if (!call.body.empty()) {
    text += fmt::format("Content-Length: {}\r\n", call.body.size());
  }
  return text + "\r\n" + call.body;
}

Wire::Wire(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    throw std::runtime_error("connect failed");
  }
}

Wire::~Wire() {
  ::close(socket_);
}

void Wire::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return;  // The server may have closed already: what it said is still to be read.
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Wire::finish() const {
  ::shutdown(socket_, SHUT_WR);
}

bool Wire::fill(Answer& answer) {
  std::array<char, 4096> chunk{};
  const auto count = ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (count > 0) {
    buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    return true;
  }
  answer.reset = count < 0 && errno == ECONNRESET;
  answer.cut = true;
  return false;
}

Answer Wire::receive(bool head_only) {
  Answer answer;
  while (buffer_.find("\r\n\r\n") == std::string::npos) {
    if (!fill(answer)) {
      return answer;
    }
  }
  const auto end = buffer_.find("\r\n\r\n");
  std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer.status = std::stoi(head.substr(9, 3));
  head.erase(0, head.find("\r\n") + 2);
  while (!head.empty()) {
    const auto colon = head.find(": ");
    const auto stop = head.find("\r\n");
    answer.headers[small(head.substr(0, colon))] = head.substr(colon + 2, stop - colon - 2);
    head.erase(0, stop + 2);
  }
  const auto length = head_only || answer.status == 100 ? 0 : std::stoul(answer.headers["content-length"]);
  while (buffer_.size() < length) {
    if (!fill(answer)) {
      break;
    }
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, answer.body.size());
  return answer;
}

namespace {

Options with_clock(Options options, const std::shared_ptr<aws_refresh_session::testing::FakeClock>& clock) {
  options.clock = clock;
  return options;
}

}  // namespace

Rig::Rig(Options options) : emulator(with_clock(std::move(options), clock)) {}

Answer Rig::send(const Call& call) const {
  Wire connection{emulator.port()};
  connection.send(wire(call, emulator.port()));
  return connection.receive(call.method == "HEAD");
}

Answer Rig::send_signed(const Call& call, const Keys& keys) const {
  return send(sign(call, keys, clock->now()));
}

Call Rig::action(const std::string& name, std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {{"Action", name}, {"Version", "2011-06-15"}});
  Call call;
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  call.body = form(fields);
  return call;
}

Answer Rig::call(const std::string& name, std::vector<std::pair<std::string, std::string>> fields,
                 const Keys& keys) const {
  return send_signed(action(name, std::move(fields)), keys);
}

Answer Rig::assume(std::vector<std::pair<std::string, std::string>> more, const Keys& keys,
                   std::string_view role) const {
  more.insert(more.begin(), {{"RoleArn", emulator.role_arn(role)}, {"RoleSessionName", "tester"}});
  return call("AssumeRole", std::move(more), keys);
}

Call Rig::resource(std::string method, std::string path) {
  Call call;
  call.method = std::move(method);
  call.path = std::move(path);
  call.service = "s3";
  return call;
}

Answer Rig::get_resource(const Keys& keys) const {
  return send_signed(resource(), keys);
}

Keys Rig::keys_of(const Answer& answer) {
  Keys keys{.access_key_id = answer.element("AccessKeyId"),
            .secret_access_key = answer.element("SecretAccessKey"),
            .session_token = answer.element("SessionToken")};
  aws_refresh_session::testing::register_secret(keys.secret_access_key);
  aws_refresh_session::testing::register_secret(keys.session_token);
  return keys;
}

}  // namespace aws_refresh_session::emulator::testing
