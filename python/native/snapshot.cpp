#include "python/native/snapshot.hpp"

#include "python/native/values.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <string>

namespace aws_refresh_session::python {
namespace {

namespace py = pybind11;

py::object hand_over(Owned owned) {
  return py::reinterpret_steal<py::object>(owned.release());
}

std::string repr(const CredentialsSnapshot& snapshot) {
  const auto expiration = format_time(snapshot->expiration());
  return "Snapshot(access_key='" + snapshot->access_key_id() +
         "', expiration=" + (expiration.empty() ? "None" : "'" + expiration + "'") + ")";
}

}  // namespace

void define_snapshot(py::module_& module) {
  py::class_<CredentialsSnapshot> cls{module, "Snapshot", py::is_final()};
  cls.def_property_readonly("access_key",
                            [](const CredentialsSnapshot& self) { return hand_over(text(self->access_key_id())); });
  cls.def_property_readonly("secret_key", [](const CredentialsSnapshot& self) {
    return hand_over(text(self->secret_access_key().reveal()));
  });
  cls.def_property_readonly(
      "token", [](const CredentialsSnapshot& self) { return hand_over(text_or_none(self->session_token().reveal())); });
  cls.def_property_readonly("expiration",
                            [](const CredentialsSnapshot& self) { return hand_over(datetime(self->expiration())); });
  cls.def_property_readonly(
      "expiry_time", [](const CredentialsSnapshot& self) { return hand_over(text(format_time(self->expiration()))); });
  cls.def_property_readonly(
      "account_id", [](const CredentialsSnapshot& self) { return hand_over(text_or_none(self->account_id())); });
  cls.def_property_readonly("provider_name",
                            [](const CredentialsSnapshot& self) { return hand_over(text(self->provider_name())); });
  cls.def_property_readonly(
      "freshness", [](const CredentialsSnapshot& self) { return hand_over(text(to_string(self.freshness()))); });
  cls.def("__repr__", &repr);
  refuse_pickling(cls,
                  "a Snapshot holds secrets and cannot be pickled or copied: take its fields, or read the session "
                  "again where they are needed");
}

}  // namespace aws_refresh_session::python
