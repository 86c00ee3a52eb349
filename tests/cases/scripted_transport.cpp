#include "cases/scripted_transport.hpp"

#include "cases/case_file.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace aws_refresh_session::testing {
namespace {

using nlohmann::json;

std::string lower(std::string_view text) {
  std::string result;
  std::transform(text.begin(), text.end(), std::back_inserter(result),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;; ++begin) {
    const auto end = std::min(text.find(at, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == text.size()) {
      return parts;
    }
    begin = end;
  }
}

/// The order of a query's parameters has no meaning.
std::string with_sorted_query(const std::string& url) {
  const auto mark = url.find('?');
  if (mark == std::string::npos) {
    return url;
  }
  auto parameters = split(std::string_view{url}.substr(mark + 1), '&');
  std::sort(parameters.begin(), parameters.end());
  auto sorted = url.substr(0, mark);
  char separator = '?';
  for (const auto& parameter : parameters) {
    sorted.append(1, separator).append(parameter);
    separator = '&';
  }
  return sorted;
}

std::string decoded(std::string_view text) {
  constexpr int kHex = 16;
  std::string result;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '%' && index + 2 < text.size()) {
      result += static_cast<char>(std::stoi(std::string{text.substr(index + 1, 2)}, nullptr, kHex));
      index += 2;
    } else {
      result += text[index] == '+' ? ' ' : text[index];
    }
  }
  return result;
}

std::map<std::string, std::string> parse_form(std::string_view body) {
  std::map<std::string, std::string> form;
  for (const auto& field : split(body, '&')) {
    const auto equals = field.find('=');
    form[decoded(field.substr(0, equals))] = equals == std::string::npos ? "" : decoded(field.substr(equals + 1));
  }
  return form;
}

/// `wanted` is null (absent), a text, or {"contains": [...]}.
bool fits(const json& wanted, const std::optional<std::string>& value) {
  if (wanted.is_null() || !value) {
    return wanted.is_null() && !value;
  }
  if (wanted.is_string()) {
    return *value == wanted.get<std::string>();
  }
  const auto& parts = wanted.at("contains");
  return std::all_of(parts.begin(), parts.end(),
                     [&](const json& part) { return value->find(part.get<std::string>()) != std::string::npos; });
}

std::optional<std::string> header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [each, value] : request.headers) {
    if (lower(each) == lower(name)) {
      return value;
    }
  }
  return std::nullopt;
}

bool has_link_local_host(const std::string& url) {
  constexpr std::array<std::string_view, 2> kBegins{"http://169.254.", "http://[fd00:ec2:"};
  return std::any_of(kBegins.begin(), kBegins.end(), [&](std::string_view each) { return url.starts_with(each); });
}

std::optional<std::string> body_fault(const json& wanted, const std::string& body) {
  for (const auto& part : part_of(wanted, "body_contains")) {
    if (body.find(part.get<std::string>()) == std::string::npos) {
      return "the body lacks a text that it must have";
    }
  }
  for (const auto& part : part_of(wanted, "body_lacks")) {
    if (body.find(part.get<std::string>()) != std::string::npos) {
      return "the body has a text that it must not have";
    }
  }
  if (wanted.contains("form")) {
    const auto form = parse_form(body);
    for (const auto& [name, value] : wanted.at("form").items()) {
      const auto found = form.find(name);
      if (!fits(value, found == form.end() ? std::nullopt : std::optional{found->second})) {
        return "the form's field " + name + " differs";
      }
    }
  }
  if (wanted.contains("json")) {
    const auto document = json::parse(body, nullptr, false);
    for (const auto& [name, value] : wanted.at("json").items()) {
      const bool present = document.is_object() && document.contains(name);
      if (value.is_null() ? present : !present || document.at(name) != value) {
        return "the document's field " + name + " differs";
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> request_fault(const json& wanted, const HttpRequest& request) {
  if (wanted.value("method", "GET") != request.method) {
    return "the method is " + request.method;
  }
  if (with_sorted_query(wanted.at("url").get<std::string>()) != with_sorted_query(request.url)) {
    return "the address is " + request.url;
  }
  for (const auto& [name, value] : part_of(wanted, "headers").items()) {
    if (!fits(value, header_of(request, name))) {
      return "the header " + name + " differs";
    }
  }
  return body_fault(wanted, request.body);
}

std::string body_text(const json& response) {
  if (!response.contains("body")) {
    return {};
  }
  const auto& body = response.at("body");
  if (body.is_object()) {
    return body.dump();
  }
  if (body.is_string()) {
    return body.get<std::string>();
  }
  std::string text;
  for (const auto& line : body) {
    text.append(text.empty() ? "" : "\n").append(line.get<std::string>());
  }
  return text;
}

HttpResponse answer(const json& response) {
  if (response.contains("failure")) {
    const auto code = response.at("failure").get<std::string>();
    const bool lasting = code == "TlsVerification" || code == "InvalidUrl";
    throw ConnectionError{{.message = "The case says that there is no answer",
                           .code = code,
                           .kind = lasting ? ErrorKind::non_recoverable : ErrorKind::recoverable}};
  }
  HttpHeaders headers;
  for (const auto& [name, value] : part_of(response, "headers").items()) {
    headers.emplace_back(lower(name), value.get<std::string>());
  }
  return {response.value("status", 200), std::move(headers), body_text(response)};
}

}  // namespace

ScriptedTransport::ScriptedTransport(const json& exchanges, bool any_order, std::string ca_bundle)
    : any_order_(any_order), ca_bundle_(std::move(ca_bundle)) {
  for (const auto& each : exchanges) {
    exchanges_.push_back({each.at("request"), each.at("response"), each.value("times", std::size_t{1})});
  }
}

HttpResponse ScriptedTransport::send(const HttpRequest& request, const std::stop_token& /*stop*/) {
  json response;
  {
    const std::scoped_lock lock{mutex_};
    if (has_link_local_host(request.url) && !request.bypass_proxy) {
      faults_.push_back("goes through a proxy: " + request.url);
    }
    if (request.url.starts_with("https://") && request.ca_bundle != ca_bundle_) {
      faults_.push_back("is not checked with the configured CA bundle: " + request.url);
    }
    std::string fault = "nothing more was expected";
    for (auto& exchange : exchanges_) {
      if (exchange.left == 0) {
        continue;
      }
      const auto difference = request_fault(exchange.request, request);
      if (!difference) {
        --exchange.left;
        response = exchange.response;
        break;
      }
      fault = *difference;
      if (!any_order_) {
        break;
      }
    }
    if (response.is_null()) {
      faults_.push_back(request.method + " " + request.url + ": " + fault);
    }
  }
  if (response.is_null()) {
    throw ConnectionError{{.message = "The case does not expect this request", .code = "Network"}};
  }
  return answer(response);
}

std::vector<std::string> ScriptedTransport::faults() const {
  const std::scoped_lock lock{mutex_};
  auto faults = faults_;
  for (const auto& exchange : exchanges_) {
    if (exchange.left > 0) {
      faults.push_back("never asked: " + exchange.request.value("method", "GET") + " " +
                       exchange.request.at("url").get<std::string>());
    }
  }
  return faults;
}

}  // namespace aws_refresh_session::testing
