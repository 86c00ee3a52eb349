#pragma once

/// \file
/// One behaviour case as README.md describes it.

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::testing {

struct CaseName {
  std::string source;
  std::string name;
};

/// All `<source>/<name>/case.json` below the directory, sorted.
[[nodiscard]] std::vector<CaseName> list_cases(const std::filesystem::path& directory);

/// A case unpacked into a home directory of its own, which goes away with the object.
class CaseFile {
 public:
  /// \throws std::exception for a case that cannot be read
  CaseFile(const std::filesystem::path& directory, const CaseName& name, const std::filesystem::path& temporary);
  ~CaseFile();
  CaseFile(const CaseFile&) = delete;
  CaseFile& operator=(const CaseFile&) = delete;

  /// The whole of case.json with its placeholders filled in.
  [[nodiscard]] const nlohmann::json& content() const noexcept { return content_; }
  [[nodiscard]] const std::filesystem::path& home() const noexcept { return home_; }
  /// What `${CA_BUNDLE}` stands for.
  [[nodiscard]] std::string ca_bundle() const { return (home_ / "ca.pem").string(); }
  /// HOME, AWS_CA_BUNDLE and what the case sets.
  [[nodiscard]] std::map<std::string, std::string, std::less<>> environment() const;

 private:
  [[nodiscard]] std::string filled_in(std::string text) const;
  void fill_in(nlohmann::json& value) const;
  void unpack(const std::filesystem::path& from) const;

  std::filesystem::path home_;
  nlohmann::json content_;
};

/// A part of a case, or an empty object. The result lives as long as `value`.
[[nodiscard]] const nlohmann::json& part_of(const nlohmann::json& value, const char* name);

[[nodiscard]] std::string read_text(const std::filesystem::path& path);

}  // namespace aws_refresh_session::testing
