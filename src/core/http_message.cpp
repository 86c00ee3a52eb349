#include "core/http_message.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session::core {
namespace {

bool is_token(std::string_view text) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char each) {
    return (each >= '0' && each <= '9') || (each >= 'A' && each <= 'Z') || (each >= 'a' && each <= 'z') ||
           kMarks.find(each) != std::string_view::npos;
  });
}

}  // namespace

void check_message(const HttpRequest& request) {
  constexpr std::string_view kLineBreaks{"\r\n\0", 3};
  ErrorFields fields;
  if (!is_token(request.method)) {
    fields.message = "The request's method is not one HTTP knows. Use letters only, such as GET or POST";
    fields.code = "InvalidMethod";
    fields.param = "method";
    throw ValidationError{std::move(fields)};
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || value.find_first_of(kLineBreaks) != std::string::npos) {
      fields.message = "A header cannot be sent: its name or value holds a line break or another forbidden character";
      fields.code = "InvalidHeader";
      fields.param = is_token(name) ? name : "headers";
      throw ValidationError{std::move(fields)};
    }
  }
}

}  // namespace aws_refresh_session::core
