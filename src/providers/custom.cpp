#include <aws_refresh_session/custom.hpp>

#include "providers/expiry.hpp"

#include <cxxabi.h>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

constexpr std::string_view kName = "custom";

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_missing(const std::optional<std::string>& field) noexcept {
  return !field || is_blank(*field);
}

[[noreturn]] void throw_missing(const std::vector<std::string_view>& names) {
  std::string list;
  for (const auto name : names) {
    list.append(list.empty() ? "" : ", ").append(name);
  }
  ErrorFields fields;
  fields.message = "The custom method's answer lacks " + list + ": return a value that is not empty for each of them";
  fields.code = "MissingFields";
  fields.param = std::move(list);
  fields.kind = ErrorKind::recoverable;
  throw CredentialError{std::move(fields)};
}

/// The four texts, zeroed however their use ends.
class FieldsToWipe {
 public:
  explicit FieldsToWipe(CredentialFields& fields) noexcept : fields_(fields) {}
  FieldsToWipe(const FieldsToWipe&) = delete;
  FieldsToWipe& operator=(const FieldsToWipe&) = delete;
  ~FieldsToWipe() {
    for (auto* const each : {&fields_.access_key, &fields_.secret_key, &fields_.token}) {
      if (*each) {
        wipe(**each);
      }
    }
  }

 private:
  CredentialFields& fields_;
};

Credentials check(CredentialFields fields) {
  const FieldsToWipe wiped{fields};
  const auto* const time = std::get_if<WallTime>(&fields.expiry_time);
  const auto* const text = std::get_if<std::string>(&fields.expiry_time);
  std::vector<std::string_view> missing;
  if (is_missing(fields.access_key)) {
    missing.emplace_back("access_key");
  }
  if (is_missing(fields.secret_key)) {
    missing.emplace_back("secret_key");
  }
  if (is_missing(fields.token)) {
    missing.emplace_back("token");
  }
  if (time == nullptr && (text == nullptr || is_blank(*text))) {
    missing.emplace_back("expiry_time");
  }
  if (!missing.empty()) {
    throw_missing(missing);
  }
  const auto expiration =
      time != nullptr ? *time : providers::parse_expiry(*text, "expiry_time", ErrorKind::recoverable);
  return {*fields.access_key, *fields.secret_key, *fields.token, expiration, {}, kName};
}

Credentials check(Credentials credentials) {
  std::vector<std::string_view> missing;
  if (is_blank(credentials.access_key_id())) {
    missing.emplace_back("access_key_id");
  }
  if (is_blank(credentials.secret_access_key().reveal())) {
    missing.emplace_back("secret_access_key");
  }
  if (!missing.empty()) {
    throw_missing(missing);
  }
  if (!credentials.provider_name().empty()) {
    return credentials;
  }
  return {credentials.access_key_id(),
          credentials.secret_access_key().reveal(),
          credentials.session_token().reveal(),
          credentials.expiration(),
          credentials.account_id(),
          kName};
}

/// The name of the exception's type, as its author wrote it. Its text may hold a secret and stays out.
std::string type_name(const std::exception& exception) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name{
      abi::__cxa_demangle(typeid(exception).name(), nullptr, nullptr, &status), &std::free};
  return status == 0 ? name.get() : typeid(exception).name();
}

/// Call it in a catch block.
[[noreturn]] void throw_failed(std::string type) {
  ErrorFields fields;
  fields.message = "The custom method failed: see the exception it threw, which is this error's cause";
  fields.code = "CustomMethodFailed";
  fields.param = "method";
  fields.details = "it threw " + std::move(type);
  fields.kind = ErrorKind::recoverable;
  fields.cause = std::current_exception();
  throw CredentialError{std::move(fields)};
}

class CustomProvider final : public CredentialsProvider {
 public:
  explicit CustomProvider(CustomOptions options) : options_(std::move(options)) {}

  Credentials resolve(const ResolveContext& context) override {
    return std::visit([](auto&& answer) { return check(std::forward<decltype(answer)>(answer)); }, call(context));
  }
  [[nodiscard]] std::string_view name() const noexcept override { return kName; }
  [[nodiscard]] bool interactive() const noexcept override { return options_.interactive; }

 private:
  [[nodiscard]] CustomAnswer call(const ResolveContext& context) const {
    try {
      return options_.method(context);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& exception) {
      throw_failed(type_name(exception));
    } catch (...) {
      throw_failed("something that is no std::exception");
    }
  }

  CustomOptions options_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> make_custom_provider(CustomOptions options) {
  if (!options.method) {
    ErrorFields fields;
    fields.message = "Method \"custom\" needs a callable: set CustomOptions::method";
    fields.code = "MissingParameter";
    fields.param = "method";
    throw ValidationError{std::move(fields)};
  }
  return std::make_shared<CustomProvider>(std::move(options));
}

std::shared_ptr<CredentialsProvider> make_provider(CustomMethod method) {
  CustomOptions options;
  options.method = std::move(method);
  return make_custom_provider(std::move(options));
}

}  // namespace aws_refresh_session
