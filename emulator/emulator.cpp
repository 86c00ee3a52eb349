#include "emulator/emulator.hpp"

#include "emulator/admin.hpp"
#include "emulator/http_server.hpp"
#include "emulator/service.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace aws_refresh_session::emulator {

class Emulator::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)), service_(options_) {
    if (options_.users.empty()) {
      throw std::invalid_argument("the emulator needs a user: nobody could sign for anything");
    }
  }

  void start(Emulator& emulator) {
    server_.emplace(options_.port, options_.max_connections,
                    [this, &emulator](const HttpRequest& request, const Peer& peer) {
                      return options_.admin && request.path.starts_with(kAdminPrefix) ? serve_admin(emulator, request)
                                                                                      : service_.handle(request, peer);
                    });
  }
  void stop() noexcept { server_.reset(); }

  [[nodiscard]] const Options& options() const noexcept { return options_; }
  [[nodiscard]] Service& service() noexcept { return service_; }
  [[nodiscard]] HttpServer& server() noexcept { return *server_; }

 private:
  Options options_;
  Service service_;
  /// In place: requests are served from within its constructor until the end of its destructor, and those of the
  /// control interface come back to it. A pointer would not be set yet, or no longer.
  std::optional<HttpServer> server_;
};

Emulator::Emulator(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->start(*this);
}

Emulator::~Emulator() {
  impl_->stop();
}

std::uint16_t Emulator::port() const noexcept {
  return impl_->server().port();
}

std::string Emulator::endpoint_url() const {
  return fmt::format("http://127.0.0.1:{}", port());
}

std::string Emulator::resource_url() const {
  return endpoint_url() + "/resource";
}

std::string Emulator::role_arn(std::string_view role) const {
  return impl_->service().account().role_arn(role);
}

std::vector<std::pair<std::string, std::string>> Emulator::environment() const {
  const Options& options = impl_->options();
  const User& user = options.users.front();
  return {{"AWS_ENDPOINT_URL_STS", endpoint_url()},
          {"AWS_ACCESS_KEY_ID", user.access_key_id},
          {"AWS_SECRET_ACCESS_KEY", user.secret_access_key},
          {"AWS_REGION", options.region.empty() ? std::string{kDefaultRegion} : options.region}};
}

void Emulator::set_role(const Role& role) {
  impl_->service().account().set_role(role);
}

void Emulator::remove_role(std::string_view name) {
  impl_->service().account().remove_role(name);
}

void Emulator::add_user(const User& user) {
  impl_->service().account().add_user(user);
}

void Emulator::add_mfa_device(const MfaDevice& device) {
  impl_->service().devices().add(device);
}

std::string Emulator::mfa_code(std::string_view serial_number) const {
  return impl_->service().devices().code(serial_number, impl_->service().now());
}

bool Emulator::expire(std::string_view access_key_id) {
  return impl_->service().account().expire(access_key_id);
}

void Emulator::expire_all() {
  impl_->service().account().expire_all();
}

void Emulator::set_clock_offset(std::chrono::milliseconds ahead) {
  if (ahead > std::chrono::years{10} || ahead < -std::chrono::years{10}) {
    throw std::invalid_argument("the clock's offset must be within ten years");
  }
  impl_->service().set_clock_offset(ahead);
}

FaultId Emulator::add_fault(const Fault& fault) {
  return impl_->service().faults().add(fault);
}

bool Emulator::remove_fault(FaultId id) {
  return impl_->service().faults().remove(id);
}

void Emulator::clear_faults() {
  impl_->service().faults().clear();
}

std::vector<std::pair<FaultId, Fault>> Emulator::active_faults() const {
  return impl_->service().faults().active();
}

void Emulator::release_hanging() {
  impl_->service().waiting_room().release();
}

void Emulator::set_down(bool down) {
  impl_->server().set_down(down);
}

std::uint64_t Emulator::arrived(Action action) const {
  return impl_->service().recorder().arrived(action);
}

bool Emulator::wait_for_arrivals(Action action, std::uint64_t count, std::chrono::milliseconds timeout) const {
  return impl_->service().recorder().wait_for_arrivals(action, count, timeout);
}

Counters Emulator::counters() const {
  Counters counters = impl_->service().recorder().counters();
  counters.connections = impl_->server().accepted();
  return counters;
}

void Emulator::reset_counters() {
  impl_->service().recorder().reset_counters();
}

std::vector<LogEntry> Emulator::log() const {
  return impl_->service().recorder().log();
}

void Emulator::on_request(std::function<void(const LogEntry&)> observer) {
  impl_->service().recorder().on_request(std::move(observer));
}

}  // namespace aws_refresh_session::emulator
