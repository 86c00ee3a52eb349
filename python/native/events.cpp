#include "python/native/events.hpp"

#include "python/native/errors.hpp"
#include "python/native/values.hpp"

namespace aws_refresh_session::python {

Owned make_event(const RefreshEvent& event) {
  Owned dict{PyDict_New()};
  if (!dict) {
    throw PythonException::fetch();
  }
  set_item(dict.get(), "type", text(to_string(event.type)));
  set_item(dict.get(), "provider", text(event.provider));
  set_item(dict.get(), "time", datetime(event.time));
  set_item(dict.get(), "state", text(to_string(event.state)));
  set_item(dict.get(), "access_key", text_or_none(event.access_key_id));
  set_item(dict.get(), "expiration", datetime(event.expiration));
  set_item(dict.get(), "latency", seconds(event.latency));
  set_item(dict.get(), "next_attempt", event.next_attempt ? seconds(*event.next_attempt) : none());
  set_item(dict.get(), "error", make_exception(event.error));
  return dict;
}

}  // namespace aws_refresh_session::python
