#include <aws_refresh_session/refreshing_provider.hpp>

#include "core/engine.hpp"

namespace aws_refresh_session {

std::string_view to_string(RefreshEvent::Type type) noexcept {
  switch (type) {
    case RefreshEvent::Type::attempt:
      return "attempt";
    case RefreshEvent::Type::success:
      return "success";
    case RefreshEvent::Type::failure:
      return "failure";
    case RefreshEvent::Type::state_change:
      return "state_change";
    case RefreshEvent::Type::invalidated:
      return "invalidated";
  }
  return "unknown";
}

RefreshingCredentialsProvider::RefreshingCredentialsProvider(std::shared_ptr<CredentialsProvider> source,
                                                             RefreshOptions options, EngineSeams seams) {
  if (!source) {
    throw ValidationError{{.message = "A refreshing provider needs a source: give one that is not null.",
                           .code = "InvalidParameter",
                           .param = "source"}};
  }
  options.validate();
  engine_ = std::make_shared<Engine>(std::move(source), std::move(options), std::move(seams));
}

RefreshingCredentialsProvider::~RefreshingCredentialsProvider() {
  engine_->close();
}

CredentialsSnapshot RefreshingCredentialsProvider::credentials() {
  return engine_->get(engine_->options().read_timeout);
}

CredentialsSnapshot RefreshingCredentialsProvider::credentials(std::chrono::milliseconds timeout) {
  return engine_->get(timeout);
}

CredentialsSnapshot RefreshingCredentialsProvider::try_credentials() {
  return engine_->try_get();
}

CredentialsSnapshot RefreshingCredentialsProvider::refresh_now() {
  return engine_->refresh(engine_->options().read_timeout);
}

CredentialsSnapshot RefreshingCredentialsProvider::refresh_now(std::chrono::milliseconds timeout) {
  return engine_->refresh(timeout);
}

void RefreshingCredentialsProvider::invalidate(std::string_view access_key_id) {
  engine_->invalidate(access_key_id);
}
Freshness RefreshingCredentialsProvider::state() const {
  return engine_->state();
}
std::optional<WallTime> RefreshingCredentialsProvider::expiration() const {
  return engine_->expiration();
}
std::shared_ptr<const Error> RefreshingCredentialsProvider::last_error() const {
  return engine_->last_error();
}

std::shared_ptr<void> RefreshingCredentialsProvider::observe(RefreshObserver observer) {
  return engine_->observe(std::move(observer));
}

Credentials RefreshingCredentialsProvider::resolve(const ResolveContext& context) {
  return engine_->resolve(context);
}
std::string_view RefreshingCredentialsProvider::name() const noexcept {
  return engine_->source().name();
}
bool RefreshingCredentialsProvider::interactive() const noexcept {
  return engine_->source().interactive();
}
std::optional<std::chrono::milliseconds> RefreshingCredentialsProvider::recheck_after() const noexcept {
  return engine_->source().recheck_after();
}

}  // namespace aws_refresh_session
