#include <aws_refresh_session/credentials_server.hpp>

#include "core/mutex.hpp"
#include "server/acceptor.hpp"
#include "server/listening_socket.hpp"
#include "server/server_options.hpp"
#include "server/token_file.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace aws_refresh_session {

RefreshOptions served_refresh_options(RefreshOptions options) {
  constexpr double kThreeQuarters = 0.75;
  options.advisory_fraction = std::max(options.advisory_fraction, kThreeQuarters);
  return options;
}

struct CredentialsServer::State {
  std::vector<ServedRole> roles;
  CredentialsServerOptions options;

  core::Mutex mutex;
  bool started ARS_GUARDED_BY(mutex) = false;
  std::string url ARS_GUARDED_BY(mutex);
  std::string made_path ARS_GUARDED_BY(mutex);
  std::vector<server::TokenFile> token_files ARS_GUARDED_BY(mutex);
  std::unique_ptr<server::Acceptor> acceptor ARS_GUARDED_BY(mutex);
};

CredentialsServer::CredentialsServer(std::vector<ServedRole> roles, CredentialsServerOptions options) {
  server::complete(roles, options);
  state_ = std::make_unique<State>();
  state_->roles = std::move(roles);
  state_->options = std::move(options);
}

CredentialsServer::~CredentialsServer() {
  stop(std::chrono::milliseconds{0});
}

void CredentialsServer::start() {
  const core::MutexLock lock{state_->mutex};
  if (std::exchange(state_->started, true)) {
    throw ConfigurationError{{.message = "A server starts once only. Make another.", .code = "AlreadyStarted"}};
  }
  auto socket = server::open_listening_socket(state_->options);
  state_->made_path = socket.made_path;
  state_->url = "http://" + socket.host + (socket.port == 0 ? "" : ":" + std::to_string(socket.port));
  state_->acceptor = std::make_unique<server::Acceptor>(std::move(socket), state_->roles, state_->options);
}

void CredentialsServer::stop(std::chrono::milliseconds grace) noexcept {
  std::unique_ptr<server::Acceptor> acceptor;
  std::vector<server::TokenFile> token_files;
  std::string made_path;
  {
    const core::MutexLock lock{state_->mutex};
    state_->started = true;
    acceptor = std::move(state_->acceptor);
    token_files.swap(state_->token_files);
    made_path.swap(state_->made_path);
  }
  // First: once the listener is closed, a successor may take the path for its own.
  if (!made_path.empty()) {
    static_cast<void>(::unlink(made_path.c_str()));
  }
  if (acceptor) {
    acceptor->stop(grace);
  }
}

std::string CredentialsServer::uri(std::string_view role) const {
  const auto found = std::find_if(state_->roles.begin(), state_->roles.end(),
                                  [&](const ServedRole& each) { return each.name == role; });
  if (found == state_->roles.end()) {
    throw ValidationError{{.message = "No role of that name is served.",
                           .code = "UnknownRole",
                           .param = "role",
                           .value = std::string{role}}};
  }
  return endpoint() + found->path;
}

std::string CredentialsServer::endpoint() const {
  const core::MutexLock lock{state_->mutex};
  if (state_->url.empty()) {
    throw ConfigurationError{{.message = "The server has no address before it has started.", .code = "NotStarted"}};
  }
  return state_->url;
}

const SecretString& CredentialsServer::token() const noexcept {
  return state_->options.token;
}

void CredentialsServer::write_token_file(const std::string& path) {
  server::TokenFile file{path, state_->options.token};
  const core::MutexLock lock{state_->mutex};
  state_->token_files.push_back(std::move(file));
}

}  // namespace aws_refresh_session
