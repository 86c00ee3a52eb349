#include "python/native/open_session.hpp"

#include "python/native/callables.hpp"
#include "python/native/errors.hpp"
#include "python/native/gate.hpp"
#include "python/native/opening.hpp"
#include "python/native/values.hpp"

#include <set>
#include <type_traits>
#include <utility>

namespace aws_refresh_session::python {
namespace {

/// Some of them are secrets.
class ParametersToWipe {
 public:
  explicit ParametersToWipe(MethodParameters& parameters) noexcept : parameters_(&parameters) {}
  ParametersToWipe(const ParametersToWipe&) = delete;
  ParametersToWipe& operator=(const ParametersToWipe&) = delete;
  ~ParametersToWipe() {
    for (auto& each : *parameters_) {
      wipe(each.second);
    }
  }

 private:
  MethodParameters* parameters_;
};

RefreshableSession make_session(const std::string& method, MethodOptions options, SessionOptions session) {
  return std::visit(
      [&](auto& each) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(each)>, MethodParameters>) {
          const ParametersToWipe wiped{each};
          return RefreshableSession{method, each, std::move(session)};
        } else {
          return RefreshableSession{std::move(each), std::move(session)};
        }
      },
      options);
}

/// The methods that Python registered, which know who they are. Guarded by the GIL.
std::set<std::string>& registered_methods() {
  static auto& names = *new std::set<std::string>;  // NOLINT(cppcoreguidelines-owning-memory): outlives the interpreter
  return names;
}

/// A method whose factory is a Python callable.
MethodProduct make_product(const std::string& name, const PythonCallable& factory, const MethodParameters& parameters) {
  return with_gil([&] {
    const Owned arguments{PyTuple_New(1)};
    Owned dict{PyDict_New()};
    if (!arguments || !dict) {
      throw PythonException::fetch();
    }
    for (const auto& [key, value] : parameters) {
      set_item(dict.get(), key.c_str(), text(value));
    }
    PyTuple_SET_ITEM(arguments.get(), 0, dict.release());
    const auto answer = factory(arguments.get());
    // The callables in the answer belong to the session that is being opened.
    auto* const opening = Opening::current();
    auto options = read_custom(OptionReader{answer.get(), name}, opening ? opening->roots() : factory.roots());
    Identity identity{.method = name, .source = options.source};
    return MethodProduct{.provider = make_custom_provider(std::move(options)), .identity = std::move(identity)};
  });
}

}  // namespace

std::shared_ptr<OpenSession> open_session(const std::string& method, MethodOptions options, SessionOptions session,
                                          const std::shared_ptr<Roots>& roots) {
  const auto read_timeout = session.refresh.read_timeout;
  const auto mandatory_wait = session.refresh.mandatory_wait;
  session.defer_refresh = true;
  const Opening opening{roots};
  auto open = without_gil([&] {
    auto made = std::make_shared<OpenSession>(make_session(method, std::move(options), std::move(session)));
    made->provider = made->session.provider();
    return made;
  });
  open->read_timeout = read_timeout;
  open->mandatory_wait = mandatory_wait;
  open->identity_needs_sts = method != "custom" && !registered_methods().contains(method);
  opening.rethrow();
  return open;
}

void register_method(const std::string& name, PyObject* factory) {
  if (Gate::is_shut()) {
    throw_interpreter_ends();
  }
  const auto roots = Roots::make();
  const PythonCallable callable{factory, roots};
  const Opening opening{roots};
  without_gil([&] {
    RefreshableSession::register_method(
        name, [name, callable](const MethodParameters& parameters, const ProviderSeams& /*seams*/) {
          return make_product(name, callable, parameters);
        });
  });
  registered_methods().insert(name);
  opening.rethrow();
}

}  // namespace aws_refresh_session::python
