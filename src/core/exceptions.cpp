#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

namespace aws_refresh_session {
namespace {

std::string render(const ErrorFields& fields) {
  std::string extra;
  const auto add = [&extra](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      extra += fmt::format("{}{}='{}'", extra.empty() ? "" : ", ", name, value);
    }
  };
  add("code", fields.code);
  if (fields.status_code) {
    extra += fmt::format("{}status_code={}", extra.empty() ? "" : ", ", *fields.status_code);
  }
  add("param", fields.param);
  add("value", fields.value);
  add("details", fields.details);
  return extra.empty() ? fields.message : fmt::format("{} ({})", fields.message, extra);
}

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::not_configured:
      return "not_configured";
    case ErrorKind::recoverable:
      return "recoverable";
    case ErrorKind::non_recoverable:
      return "non_recoverable";
    case ErrorKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

Error::Error(ErrorFields fields) {
  auto text = render(fields);
  state_ = std::make_shared<const State>(State{std::move(fields), std::move(text)});
}

const char* Error::what() const noexcept {
  return state_->text.c_str();
}

void Error::raise() const {
  throw *this;
}
void ValidationError::raise() const {
  throw *this;
}
void ConfigurationError::raise() const {
  throw *this;
}
void CredentialError::raise() const {
  throw *this;
}
void ConnectionError::raise() const {
  throw *this;
}
void RequestError::raise() const {
  throw *this;
}

std::shared_ptr<const Error> Error::clone() const {
  return std::make_shared<const Error>(*this);
}
std::shared_ptr<const Error> ValidationError::clone() const {
  return std::make_shared<const ValidationError>(*this);
}
std::shared_ptr<const Error> ConfigurationError::clone() const {
  return std::make_shared<const ConfigurationError>(*this);
}
std::shared_ptr<const Error> CredentialError::clone() const {
  return std::make_shared<const CredentialError>(*this);
}
std::shared_ptr<const Error> ConnectionError::clone() const {
  return std::make_shared<const ConnectionError>(*this);
}
std::shared_ptr<const Error> RequestError::clone() const {
  return std::make_shared<const RequestError>(*this);
}

std::shared_ptr<const Error> current_error(std::string_view message) {
  try {
    throw;
  } catch (const Error& error) {
    return error.clone();
  } catch (...) {
    // The text of a foreign exception may hold anything, a password included: it stays in the cause.
    return std::make_shared<const CredentialError>(ErrorFields{.message = std::string{message},
                                                               .code = "UnexpectedException",
                                                               .kind = ErrorKind::recoverable,
                                                               .cause = std::current_exception()});
  }
}

}  // namespace aws_refresh_session
