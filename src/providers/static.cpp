#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>

#include <utility>

namespace aws_refresh_session {
namespace {

class StaticProvider final : public CredentialsProvider {
 public:
  explicit StaticProvider(Credentials credentials) : credentials_(std::move(credentials)) {}

  Credentials resolve(const ResolveContext& /*context*/) override { return credentials_; }
  [[nodiscard]] std::string_view name() const noexcept override { return "static"; }

 private:
  const Credentials credentials_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> make_static_provider(Credentials credentials) {
  if (credentials.empty()) {
    ErrorFields fields;
    fields.message = "The credentials given in code lack an access key id or a secret key: give both";
    fields.code = "MissingParameter";
    fields.param = "credentials";
    throw ValidationError{std::move(fields)};
  }
  return std::make_shared<StaticProvider>(std::move(credentials));
}

}  // namespace aws_refresh_session
