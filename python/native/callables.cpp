#include "python/native/callables.hpp"

#include "python/native/errors.hpp"
#include "python/native/events.hpp"
#include "python/native/gate.hpp"
#include "python/native/values.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace aws_refresh_session::python {
namespace {

/// One field of an answer; null if it is missing or None.
Owned field(PyObject* answer, const char* key, Roots& roots) {
  UnwindTrap trap;
  auto* const value = PyMapping_GetItemString(answer, key);
  trap.disarm();
  Owned found{value};
  if (!found) {
    if (PyErr_ExceptionMatches(PyExc_KeyError) == 0) {
      throw_python_error(roots);
    }
    PyErr_Clear();
  }
  return found && found.get() == Py_None ? Owned{} : std::move(found);
}

[[noreturn]] void refuse(const char* code, const std::string& param, const std::string& message,
                         const std::string& value = {}) {
  throw CredentialError{
      {.message = message, .code = code, .param = param, .value = value, .kind = ErrorKind::recoverable}};
}

/// Runs `body`. What Python raises becomes the cause of an error of `Failure` that names its class: the library would
/// name the C++ one.
template <typename Failure, typename Body>
auto naming_what_is_raised(const PythonCallable& callable, ErrorFields fields, Body body) {
  try {
    return body();
  } catch (const PythonException& exception) {
    callable.roots()->add(exception.reference());
    fields.details = "it raised " + exception.class_name();
    fields.kind = ErrorKind::recoverable;
    fields.cause = std::current_exception();
    throw Failure{std::move(fields)};
  }
}

std::optional<std::string> text_field(PyObject* answer, const char* key, Roots& roots) {
  const auto value = field(answer, key, roots);
  if (!value) {
    return std::nullopt;
  }
  const auto found = view(value.get());
  if (!found) {
    refuse("MissingFields", key,
           std::string{"The callable's answer must have a str as "} + key + ", not " + type_name(value.get()) + ".");
  }
  return std::string{*found};
}

std::variant<std::monostate, std::string, WallTime> expiry_field(PyObject* answer, Roots& roots) {
  const auto value = field(answer, "expiry_time", roots);
  if (!value) {
    return std::monostate{};
  }
  if (const auto found = view(value.get())) {
    return std::string{*found};
  }
  if (const auto time = wall_time(value.get())) {
    return *time;
  }
  if (is_datetime(value.get())) {
    refuse("InvalidExpiry", "expiry_time",
           "The expiration has no time zone: give the datetime one, such as datetime.timezone.utc.",
           iso_format(value.get()));
  }
  // For the library's own InvalidExpiry.
  return type_name(value.get());
}

void report_unraisable() {
  UnwindTrap trap;
  PyErr_WriteUnraisable(nullptr);
  trap.disarm();
}

/// The three texts, zeroed when their use ends.
class FieldsToWipe {
 public:
  explicit FieldsToWipe(CredentialFields& fields) noexcept : fields_(&fields) {}
  FieldsToWipe(const FieldsToWipe&) = delete;
  FieldsToWipe& operator=(const FieldsToWipe&) = delete;
  ~FieldsToWipe() {
    for (auto* const each : {&fields_->access_key, &fields_->secret_key, &fields_->token}) {
      if (*each) {
        wipe(**each);
      }
    }
  }

 private:
  CredentialFields* fields_;
};

void refuse_unless_mapping(PyObject* answer) {
  if (PyDict_Check(answer) != 0) {
    return;
  }
  // A str or a list has items, too, but none by name.
  const auto keys = PyMapping_Check(answer) != 0 ? attribute(answer, "keys") : Owned{};
  PyErr_Clear();
  if (!keys) {
    refuse("MissingFields", "access_key, secret_key, token, expiry_time",
           "The callable must return a mapping with access_key, secret_key, token and expiry_time, not " +
               type_name(answer) + ".");
  }
}

CredentialFields read_answer(const PythonCallable& callable) {
  const auto answer = callable();
  refuse_unless_mapping(answer.get());
  auto& roots = *callable.roots();
  CredentialFields fields;
  try {
    fields.access_key = text_field(answer.get(), "access_key", roots);
    fields.secret_key = text_field(answer.get(), "secret_key", roots);
    fields.token = text_field(answer.get(), "token", roots);
    fields.expiry_time = expiry_field(answer.get(), roots);
  } catch (const std::exception&) {
    const FieldsToWipe wiped{fields};
    throw;
  }
  return fields;
}

std::optional<WallTime> expiration_of(const CredentialFields& fields) {
  if (const auto* const time = std::get_if<WallTime>(&fields.expiry_time)) {
    return *time;
  }
  const auto* const text = std::get_if<std::string>(&fields.expiry_time);
  if (text == nullptr || text->empty()) {
    return std::nullopt;
  }
  // By the library's rules and with its errors, which it has for method "custom".
  const auto parser = make_custom_provider({.method = [text] {
    return CredentialFields{.access_key = "-", .secret_key = "-", .token = "-", .expiry_time = *text};
  }});
  return parser->resolve({}).expiration();
}

class PythonBase final : public CredentialsProvider {
 public:
  PythonBase(PythonCallable callable, std::string name) : callable_(std::move(callable)), name_(std::move(name)) {}

  Credentials resolve(const ResolveContext& /*context*/) override {
    auto fields = with_gil([this] {
      return naming_what_is_raised<CredentialError>(
          callable_,
          {.message = "The base '" + name_ + "' failed: see the exception it raised, which is this error's cause",
           .code = "UnexpectedException",
           .param = "base"},
          [this] { return read_answer(callable_); });
    });
    const FieldsToWipe wiped{fields};
    const auto text = [](const std::optional<std::string>& field) -> std::string_view {
      return field ? std::string_view{*field} : std::string_view{};
    };
    Credentials result{
        text(fields.access_key), text(fields.secret_key), text(fields.token), expiration_of(fields), {}, name_};
    if (result.empty()) {
      refuse("MissingFields", "access_key, secret_key",
             "The answer of the base '" + name_ + "' must have an access_key and a secret_key that are not empty.");
    }
    return result;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

 private:
  PythonCallable callable_;
  std::string name_;
};

}  // namespace

PythonCallable::PythonCallable(PyObject* callable, std::shared_ptr<Roots> roots)
    : callable_(std::make_shared<Reference>(Owned::borrow(callable))), roots_(std::move(roots)) {
  roots_->add(callable_);
}

Owned PythonCallable::operator()(PyObject* arguments) const {
  const auto callable = callable_->get();
  if (!callable) {
    throw CredentialError{{.message = "The session was closed: its callable is not called any more.",
                           .code = "SessionClosed",
                           .kind = ErrorKind::cancelled}};
  }
  auto answer = call(callable.get(), arguments);
  if (!answer) {
    throw_python_error(*roots_);
  }
  return answer;
}

CustomMethod make_custom_method(PythonCallable callable) {
  return CustomMethod{[callable = std::move(callable)](const ResolveContext& /*context*/) {
    return with_gil([&] {
      return naming_what_is_raised<CredentialError>(
          callable,
          {.message = "The custom method failed: see the exception it raised, which is this error's cause",
           .code = "CustomMethodFailed",
           .param = "method"},
          [&] { return read_answer(callable); });
    });
  }};
}

MfaTokenProvider::Callable make_mfa_callable(PythonCallable callable) {
  return [callable = std::move(callable)](const MfaRequest& /*request*/) {
    return with_gil([&] {
      const auto answer = naming_what_is_raised<ConfigurationError>(
          callable,
          {.message =
               "The callable that gives one-time codes failed: see the exception it raised, which is this error's "
               "cause",
           .code = "MfaTokenProviderFailed",
           .param = "mfa_token_provider"},
          [&] { return callable(); });
      const auto code = view(answer.get());
      if (!code) {
        throw ConfigurationError{{.message = "The callable that gives one-time codes must return a str, not " +
                                             type_name(answer.get()) + ".",
                                  .code = "MfaTokenInvalid",
                                  .param = "mfa_token_provider",
                                  .kind = ErrorKind::recoverable}};
      }
      return std::string{*code};
    });
  };
}

std::shared_ptr<CredentialsProvider> make_base(PythonCallable callable, std::string name) {
  return std::make_shared<PythonBase>(std::move(callable), std::move(name));
}

RefreshObserver make_observer(PythonCallable callable) {
  return [callable = std::move(callable)](const RefreshEvent& event) {
    with_gil([&] {
      try {
        const Owned arguments{PyTuple_New(1)};
        if (!arguments) {
          throw PythonException::fetch();
        }
        PyTuple_SET_ITEM(arguments.get(), 0, make_event(event).release());
        const auto ignored = callable(arguments.get());
      } catch (const PythonException& exception) {
        exception.restore();
        report_unraisable();
      } catch (const Error& error) {
        // Cancelled is what closing the session makes of a call that comes late.
        if (error.kind() != ErrorKind::cancelled) {
          set_python_error(error);
          report_unraisable();
        }
      }
    });
  };
}

}  // namespace aws_refresh_session::python
