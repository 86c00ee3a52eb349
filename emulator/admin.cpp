#include "emulator/admin.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

namespace aws_refresh_session::emulator {
namespace {

using Json = nlohmann::json;

/// Longer delays and skews are mistakes, and would overflow a time.
constexpr std::int64_t kTenYearsInMilliseconds = std::int64_t{10} * 366 * 24 * 3600 * 1000;

Reply answer(int status, const std::string& body) {
  return {.response = {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body + "\n"},
          .ending = Ending::keep};
}

Reply done() {
  return answer(200, "{}");
}

/// A whole number, 0 if it is not there. Checked to be one first: converting 1e300 would be undefined.
std::int64_t bounded(const Json& body, const char* name, std::int64_t least) {
  if (!body.contains(name)) {
    return 0;
  }
  const Json& value = body.at(name);
  const auto number = value.is_number_integer() ? value.get<std::int64_t>() : least - 1;
  if (number < least || number > kTenYearsInMilliseconds) {
    throw std::invalid_argument(fmt::format("{} must be a whole number in range", name));
  }
  return number;
}

Fault read_fault(const Json& body) {
  Fault fault;
  const auto kind = parse_fault_kind(body.at("kind").get<std::string>());
  if (!kind) {
    throw std::invalid_argument("kind is not the name of a fault");
  }
  fault.kind = *kind;
  if (body.contains("action")) {
    fault.action = parse_action(body.at("action").get<std::string>());
    if (!fault.action) {
      throw std::invalid_argument("action is AssumeRole, GetCallerIdentity, GetSessionToken, Resource or Other");
    }
  }
  if (body.contains("count")) {
    fault.count = static_cast<std::uint64_t>(bounded(body, "count", 1));
  }
  fault.probability = body.value("probability", fault.probability);
  fault.seed = body.contains("seed") ? static_cast<std::uint64_t>(bounded(body, "seed", 0)) : fault.seed;
  fault.delay = std::chrono::milliseconds{bounded(body, "delay_ms", 0)};
  fault.status = static_cast<int>(std::min(bounded(body, "status", 0), std::int64_t{999}));
  fault.skew = std::chrono::seconds{bounded(body, "skew_seconds", -kTenYearsInMilliseconds)};
  return fault;
}

Json to_json_value(FaultId id, const Fault& fault) {
  Json value{{"id", id},
             {"kind", to_string(fault.kind)},
             {"probability", fault.probability},
             {"delay_ms", fault.delay.count()},
             {"status", fault.status},
             {"skew_seconds", fault.skew.count()}};
  value["action"] = fault.action ? Json(to_string(*fault.action)) : Json();
  value["count"] = fault.count ? Json(*fault.count) : Json();
  return value;
}

Reply serve_faults(Emulator& emulator, const std::string& method, std::string_view id_text, const Json& body) {
  if (method == "POST" && id_text.empty()) {
    return answer(200, Json{{"id", emulator.add_fault(read_fault(body))}}.dump());
  }
  if (method == "GET" && id_text.empty()) {
    Json list = Json::array();
    for (const auto& [id, fault] : emulator.active_faults()) {
      list.push_back(to_json_value(id, fault));
    }
    return answer(200, list.dump());
  }
  if (method != "DELETE") {
    return answer(405, R"({"error":"faults take GET, POST and DELETE"})");
  }
  if (id_text.empty()) {
    emulator.clear_faults();
    return done();
  }
  FaultId id = 0;
  const auto [rest, error] = std::from_chars(id_text.data(), id_text.data() + id_text.size(), id);
  const bool removed = error == std::errc{} && rest == id_text.data() + id_text.size() && emulator.remove_fault(id);
  return removed ? done() : answer(404, R"({"error":"no such fault"})");
}

Reply serve(Emulator& emulator, const HttpRequest& request, std::string_view path) {
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  const Json body = request.body.empty() ? Json::object() : Json::parse(request.body);
  if (!body.is_object()) {
    throw std::invalid_argument("the body must be a JSON object");
  }
  if (path == "faults" || path.starts_with("faults/")) {
    return serve_faults(emulator, request.method, path.size() > 7 ? path.substr(7) : std::string_view{}, body);
  }
  if (path == "health" && get) {
    return answer(200, R"({"status":"ok"})");
  }
  if (path == "log" && get) {
    return answer(200, to_json(emulator.log()));
  }
  if (path == "counters" && get) {
    return answer(200, to_json(emulator.counters()));
  }
  if (path == "counters" && request.method == "DELETE") {
    emulator.reset_counters();
    return done();
  }
  if (path == "release" && post) {
    emulator.release_hanging();
    return done();
  }
  if (path == "clock" && post) {
    emulator.set_clock_offset(std::chrono::milliseconds{bounded(body, "offset_ms", -kTenYearsInMilliseconds)});
    return done();
  }
  if (path == "expire" && post) {
    if (!body.contains("access_key_id")) {
      emulator.expire_all();
      return done();
    }
    return emulator.expire(body.at("access_key_id").get<std::string>())
               ? done()
               : answer(404, R"({"error":"these credentials were not issued here"})");
  }
  return answer(404, R"({"error":"nothing here by this name and method"})");
}

}  // namespace

Reply serve_admin(Emulator& emulator, const HttpRequest& request) {
  try {
    return serve(emulator, request, std::string_view{request.path}.substr(kAdminPrefix.size()));
  } catch (const Json::exception&) {
    return answer(400, R"({"error":"the body is not JSON of the right form"})");
  } catch (const std::invalid_argument& error) {
    return answer(400, Json{{"error", error.what()}}.dump());
  }
}

}  // namespace aws_refresh_session::emulator
