#include "cli/commands.hpp"
#include "cli/doctor_checks.hpp"
#include "cli/json_text.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

/// What the library warns of while it lives, as findings. A warning comes again from every reader of a file.
class WarningsAsFindings {
 public:
  WarningsAsFindings()
      : before_(set_warning_handler([this](const Warning& warning) {
          const std::lock_guard lock{mutex_};
          const bool known = std::any_of(findings_.begin(), findings_.end(),
                                         [&](const Finding& each) { return each.check == warning.place; });
          if (!known) {
            findings_.push_back({warning.place, true, warning.message, {}});
          }
        })) {}
  ~WarningsAsFindings() { set_warning_handler(before_); }
  WarningsAsFindings(const WarningsAsFindings&) = delete;
  WarningsAsFindings& operator=(const WarningsAsFindings&) = delete;

  /// Ends the listening. Modes have a check of their own.
  [[nodiscard]] Findings take() {
    set_warning_handler(before_);
    const std::lock_guard lock{mutex_};
    Findings out;
    for (auto& each : findings_) {
      if (each.check.starts_with("profile.permissions ")) {
        continue;
      }
      const auto place = each.check.find(' ');
      each.text = place == std::string::npos ? each.text : each.check.substr(place + 1) + ": " + each.text;
      each.check = "warning";
      each.cure = "Correct what the warning names.";
      out.push_back(std::move(each));
    }
    return out;
  }

 private:
  WarningHandler before_;
  std::mutex mutex_;
  /// Guarded by `mutex_`.
  Findings findings_;
};

std::string as_text(const Findings& findings) {
  std::string text;
  for (const auto& [check, is_problem, said, cure] : findings) {
    text += fmt::format("{:<8} {:<12} {}\n", is_problem ? "PROBLEM" : "ok", check, one_line(said));
    if (!cure.empty()) {
      text += fmt::format("{:<21} cure: {}\n", "", one_line(cure));
    }
  }
  return text;
}

void as_json(const Findings& findings, std::size_t problems, JsonObject& json) {
  std::deque<JsonObject> all;
  for (const auto& [check, is_problem, said, cure] : findings) {
    auto& each = all.emplace_back();
    each.text("Check", check);
    each.boolean("Problem", is_problem);
    each.text("Text", said);
    if (!cure.empty()) {
      each.text("Cure", cure);
    }
  }
  json.number("Problems", std::uint64_t{problems});
  json.objects("Findings", all);
}

}  // namespace

ExitCode run_doctor(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  WarningsAsFindings warnings;
  // What is in the cache says nothing about the source.
  auto arguments = line.source;
  arguments.no_cache = true;
  const Source source = make_source(arguments, messages);
  Findings findings;
  check_files(source.seams, findings);
  check_environment(*process_environment(), !line.source.profile.empty(), findings);
  check_service(source, stop, findings);
  check_source(source, stop, findings);
  if (stop.stop_requested()) {
    throw Error{{.message = "The examination was cancelled.", .code = "Cancelled", .kind = ErrorKind::cancelled}};
  }
  for (auto& each : warnings.take()) {
    findings.push_back(std::move(each));
  }

  const auto problems = static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [](const Finding& each) { return each.is_problem; }));
  if (line.output.json) {
    JsonObject json;
    as_json(findings, problems, json);
    write_result(fmt::format("{}\n", json.str()));
  } else {
    write_result(as_text(findings));
  }
  return problems == 0 ? ExitCode::ok : ExitCode::check_failed;
}

}  // namespace aws_refresh_session::cli
