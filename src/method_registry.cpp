#include "method_registry.hpp"

#include "method_parameters.hpp"
#include "source_methods.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace aws_refresh_session {
namespace {

MethodProduct make_custom(const MethodParameters& /*parameters*/, const ProviderSeams& /*seams*/) {
  throw ValidationError{{.message = "Method custom needs a callable, which a text cannot name. Construct the session "
                                    "with CustomOptions, or give your callable a name with register_method.",
                         .code = "MissingParameter",
                         .param = "method",
                         .value = "custom"}};
}

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& at_load = MethodRegistry::instance();

}  // namespace

MethodProduct make_sts_method(AssumeRoleOptions options, const ProviderSeams& seams) {
  auto client = options.client;
  // Those keys sign AssumeRole; whoami is about the session's own.
  client.credentials.reset();
  return {.provider = make_assume_role_provider(std::move(options), seams), .client = std::move(client)};
}

MethodRegistry& MethodRegistry::instance() {
  static auto* registry = new MethodRegistry;  // NOLINT(cppcoreguidelines-owning-memory): serves static sessions, too
  return *registry;
}

MethodRegistry::MethodRegistry() {
  {
    const core::MutexLock lock{mutex_};
    methods_.emplace("custom", Method{make_custom});
    for (auto& [name, factory] : source_methods()) {
      methods_.emplace(std::move(name), Method{std::move(factory), true});
    }
    const auto make_sts = [](const MethodParameters& parameters, const ProviderSeams& seams) {
      return make_sts_method(parse_assume_role_parameters(parameters), seams);
    };
    methods_.emplace("sts", Method{make_sts, true});
  }
  join_fork_registry();
}

void MethodRegistry::add(std::string name, MethodFactory factory) {
  if (name.empty() || !factory) {
    throw ValidationError{{.message = "A method needs a name and a factory: give both.",
                           .code = "InvalidParameter",
                           .param = name.empty() ? "name" : "factory"}};
  }
  bool replaced = false;
  {
    const core::MutexLock lock{mutex_};
    // The one that was there leaves with `factory`, after the lock: it may own anything.
    auto& place = methods_[name];
    replaced = static_cast<bool>(place.factory);
    place.factory.swap(factory);
    place.built_in = false;
  }
  if (replaced) {
    warn({.place = "session.register_method",
          .message = fmt::format("Method '{}' was registered before; the new one is used from now on.", name)});
  }
}

MethodRegistry::Method MethodRegistry::find(std::string_view name) const {
  {
    const core::MutexLock lock{mutex_};
    if (const auto found = methods_.find(name); found != methods_.end()) {
      return found->second;
    }
  }
  throw ValidationError{
      {.message = fmt::format("There is no method '{}'. Available methods: {}.", name, fmt::join(names(), ", ")),
       .code = "UnknownMethod",
       .param = "method",
       .value = std::string{name}}};
}

std::vector<std::string> MethodRegistry::names() const {
  const core::MutexLock lock{mutex_};
  std::vector<std::string> names;
  for (const auto& [name, method] : methods_) {
    names.push_back(name);
  }
  return names;
}

void MethodRegistry::before_fork() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
}
void MethodRegistry::after_fork_in_parent() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}
void MethodRegistry::after_fork_in_child() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}

}  // namespace aws_refresh_session
