#include "cases/case_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace aws_refresh_session::testing {
namespace fs = std::filesystem;

namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

fs::perms mode_of(const nlohmann::json& octal) {
  constexpr int kOctal = 8;
  return static_cast<fs::perms>(std::stoi(octal.get<std::string>(), nullptr, kOctal));
}

fs::path make_directory(const fs::path& temporary) {
  auto pattern = (temporary / "case-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error{"no temporary directory below " + temporary.string()};
  }
  return pattern;
}

}  // namespace

const nlohmann::json& part_of(const nlohmann::json& value, const char* name) {
  static const auto none = nlohmann::json::object();
  const auto found = value.find(name);
  return found == value.end() ? none : *found;
}

std::string read_text(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    throw std::runtime_error{"cannot read " + path.string()};
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<CaseName> list_cases(const fs::path& directory) {
  std::vector<CaseName> cases;
  for (const auto& source : fs::directory_iterator{directory}) {
    if (!source.is_directory()) {
      continue;
    }
    for (const auto& each : fs::directory_iterator{source}) {
      if (fs::exists(each.path() / "case.json")) {
        cases.push_back({source.path().filename().string(), each.path().filename().string()});
      }
    }
  }
  std::sort(cases.begin(), cases.end(), [](const CaseName& left, const CaseName& right) {
    return std::tie(left.source, left.name) < std::tie(right.source, right.name);
  });
  return cases;
}

CaseFile::CaseFile(const fs::path& directory, const CaseName& name, const fs::path& temporary)
    : home_(make_directory(temporary)) {
  const auto from = directory / name.source / name.name;
  content_ = nlohmann::json::parse(read_text(from / "case.json"));
  fill_in(content_);
  if (fs::exists(from / "home")) {
    unpack(from / "home");
  }
  for (const auto& [path, mode] : part_of(content_, "modes").items()) {
    fs::permissions(home_ / path, mode_of(mode));
  }
}

CaseFile::~CaseFile() {
  std::error_code ignored;
  fs::remove_all(home_, ignored);
}

std::map<std::string, std::string, std::less<>> CaseFile::environment() const {
  std::map<std::string, std::string, std::less<>> variables{{"HOME", home_.string()}, {"AWS_CA_BUNDLE", ca_bundle()}};
  for (const auto& [name, value] : part_of(content_, "environment").items()) {
    variables[name] = value.get<std::string>();
  }
  return variables;
}

std::string CaseFile::filled_in(std::string text) const {
  replace_all(text, "${HOME}", home_.string());
  replace_all(text, "${CA_BUNDLE}", ca_bundle());
  return text;
}

void CaseFile::fill_in(nlohmann::json& value) const {
  if (value.is_string()) {
    value = filled_in(value.get<std::string>());
  } else if (value.is_structured()) {
    for (auto& each : value) {
      fill_in(each);
    }
  }
}

void CaseFile::unpack(const fs::path& from) const {
  for (const auto& entry : fs::recursive_directory_iterator{from}) {
    const auto to = home_ / entry.path().lexically_relative(from);
    if (entry.is_directory()) {
      fs::create_directories(to);
      continue;
    }
    std::ofstream{to, std::ios::binary} << filled_in(read_text(entry.path()));
    fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write);
  }
}

}  // namespace aws_refresh_session::testing
