#include <aws_refresh_session/http_transport.hpp>

#include <aws_refresh_session/credentials.hpp>

#include <algorithm>

namespace aws_refresh_session {

HttpResponse::~HttpResponse() {
  wipe(body);
}

const std::string* HttpResponse::header(std::string_view lower_case_name) const noexcept {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return each.first == lower_case_name; });
  return found == headers.end() ? nullptr : &found->second;
}

}  // namespace aws_refresh_session
