#include <aws_refresh_session/service_client.hpp>

#include "client/service_call.hpp"

#include <utility>

namespace aws_refresh_session {

class ServiceClient::Impl : public client::ServiceCaller {
 public:
  using ServiceCaller::ServiceCaller;
};

ServiceClient::ServiceClient(std::shared_ptr<RefreshingCredentialsProvider> provider, ServiceClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(provider), std::move(options))) {}
ServiceClient::~ServiceClient() = default;

HttpResponse ServiceClient::send(const ServiceRequest& request, const CallOptions& call) {
  return impl_->send(request, call);
}

HttpResponse ServiceClient::upload(ServiceRequest request, const std::string& path, const CallOptions& call) {
  request.body_source = make_file_source(path);
  return impl_->send(request, call);
}

HttpResponse ServiceClient::download(ServiceRequest request, const std::string& path, const CallOptions& call) {
  const auto file = std::make_shared<FileSink>(path);
  request.body_sink = file;
  try {
    auto response = impl_->send(request, call);
    file->commit();
    return response;
  } catch (...) {
    file->discard();  // now, whoever else holds the request
    throw;
  }
}

PresignedUrl ServiceClient::presign(const ServiceRequest& request, std::chrono::seconds expires,
                                    const CallOptions& call) {
  return impl_->presign(request, expires, call);
}

std::string ServiceClient::endpoint_url() const {
  return impl_->target().url;
}

std::string ServiceClient::region() const {
  return impl_->target().signing_region;
}

const ServiceClientOptions& ServiceClient::options() const noexcept {
  return impl_->options();
}

}  // namespace aws_refresh_session
