// Stands in for sources that are being written.
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/providers/container.hpp>
#include <aws_refresh_session/providers/imds.hpp>
#include <aws_refresh_session/providers/login.hpp>
#include <aws_refresh_session/providers/web_identity.hpp>

namespace aws_refresh_session {
namespace {
class Unfinished final : public CredentialsProvider {
 public:
  Credentials resolve(const ResolveContext&) override {
    throw CredentialError{{.message = "unfinished", .code = "NoCredentials", .kind = ErrorKind::not_configured}};
  }
  std::string_view name() const noexcept override { return "unfinished"; }
};
}  // namespace

std::shared_ptr<CredentialsProvider> make_login_provider(LoginOptions, ProviderSeams) {
  return std::make_shared<Unfinished>();
}

}  // namespace aws_refresh_session
