#include <aws_refresh_session/session.hpp>

#include "core/rfc3339.hpp"
#include "method_parameters.hpp"
#include "method_registry.hpp"
#include "profile/settings.hpp"
#include "providers/client_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace aws_refresh_session {

struct RefreshableSession::State {
  std::string method{};
  MethodProduct product{};
  ProviderSeams seams{};
  std::shared_ptr<RefreshingCredentialsProvider> provider{};
  std::shared_ptr<void> observation{};
  ClientCache clients{};
};

namespace {

/// Clock, network and environment as the session was given them, and one skew for all who need it.
ProviderSeams seams_of(const SessionOptions& session) {
  return ProviderSeams{.clock = session.clock, .transport = session.transport, .environment = session.environment}
      .completed();
}

/// What the session's options say where the method's own say nothing.
void fill_in(StsClientOptions& client, const SessionOptions& session) {
  if (client.profile.empty()) {
    client.profile = session.profile;
  }
  if (client.region.empty()) {
    client.region = session.region;
  }
}

[[noreturn]] void refuse_keys(std::string_view method) {
  throw ValidationError{
      {.message = fmt::format("Method {} takes no keys: leave the session's credentials out.", method),
       .code = "InvalidParameter",
       .param = "credentials"}};
}

void refuse_incomplete(const Credentials& credentials) {
  if (credentials.empty()) {
    throw ValidationError{{.message = "The session's credentials lack an access key id or a secret key: give both.",
                           .code = "InvalidParameter",
                           .param = "credentials"}};
  }
}

MethodProduct make_default_method(DefaultChainOptions options, const SessionOptions& session,
                                  const ProviderSeams& seams) {
  if (!options.profile.empty()) {
    options.client.profile = options.profile;
  }
  fill_in(options.client, session);
  options.profile = options.client.profile;
  auto client = options.client;
  if (session.credentials) {
    return {.provider = make_static_provider(*session.credentials), .client = std::move(client)};
  }
  return {.provider = std::make_shared<DefaultChain>(options, seams), .client = std::move(client)};
}

MethodProduct make_profile_method(ProfileOptions options, const SessionOptions& session, const ProviderSeams& seams) {
  if (session.credentials) {
    refuse_keys("profile");
  }
  if (!options.profile.empty()) {
    options.client.profile = options.profile;
  }
  fill_in(options.client, session);
  options.profile = options.client.profile;
  auto client = options.client;
  return {.provider = make_profile_provider(std::move(options), seams), .client = std::move(client)};
}

AssumeRoleOptions with_session(AssumeRoleOptions options, const SessionOptions& session) {
  fill_in(options.client, session);
  if (session.credentials && !options.base) {
    refuse_incomplete(*session.credentials);
    options.base = make_static_provider(*session.credentials);
  }
  return options;
}

/// For a method that takes neither profile nor region: they are for `region()` and for asking STS who it is.
MethodProduct with_session(std::string_view method, MethodProduct product, const SessionOptions& session) {
  if (session.credentials) {
    refuse_keys(method);
  }
  fill_in(product.client, session);
  return product;
}

/// Profile and region for a method by name, unless its parameters name them.
MethodParameters with_session(MethodParameters parameters, const SessionOptions& session) {
  const auto fill = [&](const char* name, const std::string& value) {
    const auto given = std::find_if(parameters.begin(), parameters.end(), [&](const auto& parameter) {
      return method_parameters::is_same_name(parameter.first, name);
    });
    if (value.empty()) {
      return;
    }
    if (given == parameters.end()) {
      parameters.emplace(name, value);
    } else if (given->second.empty()) {
      given->second = value;
    }
  };
  fill("profile", session.profile);
  fill("region", session.region);
  return parameters;
}

MethodProduct make_custom_method(CustomOptions options) {
  Identity identity{.method = "custom", .source = options.source};
  return {.provider = make_custom_provider(std::move(options)), .identity = std::move(identity)};
}

}  // namespace

// In each: the product first, in a statement of its own. Among the arguments of one call it could be made after the
// session's options were moved from.

RefreshableSession::RefreshableSession(AssumeRoleOptions options, SessionOptions session) {
  const auto seams = seams_of(session);
  auto product = make_sts_method(with_session(std::move(options), session), seams);
  state_ = open("sts", std::move(product), seams, std::move(session));
}

RefreshableSession::RefreshableSession(CustomOptions options, SessionOptions session) {
  const auto seams = seams_of(session);
  auto product = with_session("custom", make_custom_method(std::move(options)), session);
  state_ = open("custom", std::move(product), seams, std::move(session));
}

RefreshableSession::RefreshableSession(DefaultChainOptions options, SessionOptions session) {
  const auto seams = seams_of(session);
  auto product = make_default_method(std::move(options), session, seams);
  state_ = open("default", std::move(product), seams, std::move(session));
}

RefreshableSession::RefreshableSession(ProfileOptions options, SessionOptions session) {
  const auto seams = seams_of(session);
  auto product = make_profile_method(std::move(options), session, seams);
  state_ = open("profile", std::move(product), seams, std::move(session));
}

RefreshableSession::RefreshableSession(std::shared_ptr<CredentialsProvider> provider, SessionOptions session) {
  if (!provider) {
    throw ValidationError{{.message = "A session needs a provider: give one that is not null.",
                           .code = "InvalidParameter",
                           .param = "provider"}};
  }
  auto name = std::string{provider->name()};
  const auto seams = seams_of(session);
  auto product = with_session(name, {.provider = std::move(provider)}, session);
  state_ = open(std::move(name), std::move(product), seams, std::move(session));
}

RefreshableSession::RefreshableSession(std::string_view method, const MethodParameters& parameters,
                                       SessionOptions session) {
  const auto found = MethodRegistry::instance().find(method);
  const auto seams = seams_of(session);
  MethodProduct product;
  if (!found.built_in) {
    product = with_session(method, found.factory(parameters, seams), session);
  } else if (session.credentials && method == "sts") {
    product = make_sts_method(with_session(parse_assume_role_parameters(parameters), session), seams);
  } else {
    if (session.credentials && method != "default") {
      refuse_keys(method);
    }
    product = found.factory(with_session(parameters, session), seams);
    if (session.credentials) {
      product.provider = make_static_provider(*session.credentials);
    }
  }
  state_ = open(std::string{method}, std::move(product), seams, std::move(session));
}

std::unique_ptr<RefreshableSession::State> RefreshableSession::open(std::string method, MethodProduct product,
                                                                    const ProviderSeams& seams,
                                                                    SessionOptions session) {
  auto state = std::make_unique<State>();
  state->method = std::move(method);
  state->seams = seams;
  state->product = std::move(product);
  state->provider = std::make_shared<RefreshingCredentialsProvider>(
      state->product.provider, std::move(session.refresh),
      EngineSeams{.clock = seams.clock, .scheduler = session.scheduler, .skew = seams.skew, .seed = session.seed});
  if (session.observer) {
    state->observation = state->provider->observe(std::move(session.observer));
  }
  if (!session.defer_refresh) {
    state->provider->refresh_now();
  }
  return state;
}

RefreshableSession::~RefreshableSession() = default;
RefreshableSession::RefreshableSession(RefreshableSession&&) noexcept = default;
RefreshableSession& RefreshableSession::operator=(RefreshableSession&&) noexcept = default;

CredentialsSnapshot RefreshableSession::credentials() {
  return state_->provider->credentials();
}

CredentialsSnapshot RefreshableSession::credentials(std::chrono::milliseconds timeout) {
  return state_->provider->credentials(timeout);
}

RefreshableCredentials RefreshableSession::refreshable_credentials() {
  const auto current = credentials();
  const auto expiration = current->expiration();
  return {.access_key = current->access_key_id(),
          .secret_key = current->secret_access_key(),
          .token = current->session_token(),
          .expiry_time = expiration ? core::format_rfc3339(*expiration) : std::string{}};
}

Identity RefreshableSession::get_identity() {
  return state_->product.identity ? *state_->product.identity : whoami_from_sts();
}

Identity RefreshableSession::whoami() {
  return get_identity();
}

Identity RefreshableSession::whoami_from_sts() {
  auto identity = get_caller_identity(*credentials(), state_->product.client, state_->seams);
  identity.method = state_->method;
  return identity;
}

CredentialsSnapshot RefreshableSession::refresh_now() {
  return state_->provider->refresh_now();
}
void RefreshableSession::invalidate(std::string_view access_key_id) {
  state_->provider->invalidate(access_key_id);
}
Freshness RefreshableSession::state() const {
  return state_->provider->state();
}
std::optional<WallTime> RefreshableSession::expiration() const {
  return state_->provider->expiration();
}
std::shared_ptr<const Error> RefreshableSession::last_error() const {
  return state_->provider->last_error();
}

std::shared_ptr<void> RefreshableSession::observe(RefreshObserver observer) {
  return state_->provider->observe(std::move(observer));
}

std::string RefreshableSession::region() const {
  const auto& client = state_->product.client;
  const auto settings = profile::Settings::load(state_->seams.environment, client.profile);
  const auto region = providers::configured_region(client.region, settings);
  return region ? region->value : std::string{};
}

const std::string& RefreshableSession::method() const noexcept {
  return state_->method;
}

std::shared_ptr<RefreshingCredentialsProvider> RefreshableSession::provider() const noexcept {
  return state_->provider;
}

ClientCache& RefreshableSession::clients() noexcept {
  return state_->clients;
}

std::vector<std::string> RefreshableSession::available_methods() {
  return MethodRegistry::instance().names();
}

void RefreshableSession::register_method(std::string name, MethodFactory factory) {
  MethodRegistry::instance().add(std::move(name), std::move(factory));
}

}  // namespace aws_refresh_session
