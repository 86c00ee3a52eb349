#include "emulator/request_log.hpp"

#include "emulator/timestamps.hpp"

#include <nlohmann/json.hpp>

namespace aws_refresh_session::emulator {
namespace {

using Json = nlohmann::ordered_json;

/// Requests hold any bytes: what is no UTF-8 is replaced.
std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json value_of(const LogEntry& entry) {
  Json faults = Json::array();
  for (const FaultKind kind : entry.faults) {
    faults.push_back(to_string(kind));
  }
  return {{"time", format_rfc3339(entry.time, true)},
          {"number", entry.number},
          {"action", to_string(entry.action)},
          {"method", entry.method},
          {"path", entry.path},
          {"access_key_id", entry.access_key_id},
          {"principal", entry.principal},
          {"status", entry.status},
          {"code", entry.code},
          {"parameters", entry.parameters},
          {"faults", faults},
          {"duration_us", entry.duration.count()},
          {"request_id", entry.request_id}};
}

}  // namespace

std::string to_json(const LogEntry& entry) {
  return dump(value_of(entry));
}

std::string to_json(const std::vector<LogEntry>& entries) {
  Json list = Json::array();
  for (const auto& entry : entries) {
    list.push_back(value_of(entry));
  }
  return dump(list);
}

std::string to_json(const Counters& counters) {
  Json by_action = Json::object();
  for (const auto& [action, count] : counters.by_action) {
    by_action[std::string{to_string(action)}] = count;
  }
  Json by_status = Json::object();
  for (const auto& [status, count] : counters.by_status) {
    by_status[std::to_string(status)] = count;
  }
  Json by_fault = Json::object();
  for (const auto& [kind, count] : counters.by_fault) {
    by_fault[std::string{to_string(kind)}] = count;
  }
  return dump({{"requests", counters.requests},
               {"by_action", by_action},
               {"by_status", by_status},
               {"by_code", counters.by_code},
               {"by_fault", by_fault},
               {"resource_accepted", counters.resource_accepted},
               {"resource_refused", counters.resource_refused},
               {"expired_credentials", counters.expired_credentials},
               {"credentials_issued", counters.credentials_issued},
               {"connections", counters.connections}});
}

}  // namespace aws_refresh_session::emulator
