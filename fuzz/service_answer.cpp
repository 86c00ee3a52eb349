#include "aws/service_errors.hpp"
#include "client/service_url.hpp"
#include "core/url.hpp"

#include "fuzzing.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <string>

namespace ars = aws_refresh_session;
using ars::fuzz::require;

namespace {

bool is_printable(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

/// The first line is a header and the name of a bucket, the rest a body and the name of an object.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ars::fuzz::as_text(data, size);
  const auto line = text.substr(0, text.find('\n'));
  const auto rest = text.substr(std::min(text.size(), line.size() + 1));

  for (const auto* header : {"x-amzn-errortype", "x-amzn-query-error", "x-amzn-requestid", "x-other"}) {
    ars::HttpResponse response{400, {{header, std::string{line}}}, std::string{rest}};
    if (const auto error = ars::aws::parse_service_error(response)) {
      require(!error->code.empty() && error->code.size() <= 256 && error->message.size() <= 1'024);
      require(is_printable(error->code) && is_printable(error->message) && is_printable(error->request_id));
    }
  }
  static_cast<void>(ars::aws::is_error_document(rest));

  // Whatever the names, the request goes to the endpoint's host or below it.
  const ars::client::ServiceTarget target{.url = "https://s3.example.com/base/", .signing_name = "s3"};
  try {
    const auto url = ars::client::make_url(target, {.bucket = std::string{line},
                                                    .path = "/" + std::string{rest},
                                                    .query = {{std::string{line}, std::string{rest}}}});
    const auto parsed = ars::core::parse_url(url);
    require(parsed.has_value());
    require(parsed->host == "s3.example.com" || parsed->host == std::string{line} + ".s3.example.com");
    require(parsed->path.starts_with("/base/"));
  } catch (const ars::ValidationError& error) {
    require(error.param() == "bucket");
  }
  return 0;
}
