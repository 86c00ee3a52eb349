#include "profile/shared_config.hpp"

#include "profile/profile_lines.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace aws_refresh_session::profile {
namespace {

bool key_before(const Property& property, std::string_view key) noexcept {
  return property.key < key;
}

/// Sorts by key and keeps the last of equal ones: of the same file the later line, of both files the credentials file.
void settle(std::vector<Property>& properties) {
  std::sort(properties.begin(), properties.end(), [](const Property& left, const Property& right) {
    return std::tie(left.key, left.file, left.line) < std::tie(right.key, right.file, right.line);
  });
  // Backwards, so that unique keeps the last.
  const auto kept = std::unique(properties.rbegin(), properties.rend(),
                                [](const Property& left, const Property& right) { return left.key == right.key; });
  properties.erase(properties.begin(), kept.base());
}

/// A file's text, zeroed at the end.
class Text {
 public:
  explicit Text(std::string text) noexcept : text_(std::move(text)) {}
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  ~Text() { wipe(text_); }

  [[nodiscard]] std::span<char> bytes() noexcept { return text_; }

 private:
  std::string text_;
};

/// The sections of one kind, in the order in which they came.
struct Sections {
  std::deque<Section> all;
  std::unordered_map<std::string_view, Section*> by_name;

  [[nodiscard]] const Section* find(std::string_view name) const noexcept {
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
  }
};

}  // namespace

const Property* Section::find(std::string_view key) const noexcept {
  const auto found = std::lower_bound(properties_.begin(), properties_.end(), key, key_before);
  return found == properties_.end() || found->key != key ? nullptr : &*found;
}

std::optional<std::string_view> Section::get(std::string_view key) const noexcept {
  const auto* property = find(key);
  return property == nullptr || property->value.empty() ? std::nullopt : std::optional{property->value};
}

/// Fills sections, first from the config file, then from the credentials file.
class SharedConfigBuilder final : public ProfileLineVisitor {
 public:
  SharedConfigBuilder(std::array<Sections, 3>& sections, FileKind file, const std::string& path)
      : sections_(sections), file_(file), path_(path) {}

  void on_section(const SectionHeader& header) override {
    auto& sections = sections_.at(static_cast<std::size_t>(header.kind));
    auto& section = sections.by_name[header.name];
    const bool is_default =
        file_ == FileKind::config && header.kind == SectionKind::profile && header.name == "default";
    section_ = nullptr;
    if (is_default && section != nullptr && header.has_prefix != default_has_prefix_) {
      on_ignored(header.has_prefix ? section->line_ : header.line,
                 "[default] is ignored, because there is a [profile default], too: keep one of them.");
      if (!header.has_prefix) {
        return;
      }
      section->properties_.clear();
      section->line_ = header.line;
    }
    if (section == nullptr) {
      section = &sections.all.emplace_back();
      section->name_ = header.name;
      section->file_ = file_;
      section->line_ = header.line;
    }
    if (is_default) {
      default_has_prefix_ = header.has_prefix;
    }
    section_ = section;
  }

  void on_property(Property property) override {
    if (section_ != nullptr) {
      if (section_->properties_.empty()) {
        section_->properties_.reserve(4);
      }
      settle(property.nested);
      section_->properties_.push_back(std::move(property));
    }
  }

  void on_ignored(int line, std::string_view why) override {
    constexpr int kEnough = 10;
    ++ignored_;
    if (ignored_ < kEnough) {
      warn({.place = "profile.ignored " + path_ + ":" + std::to_string(line), .message = std::string{why}});
    } else if (ignored_ == kEnough) {
      warn({.place = "profile.ignored " + path_,
            .message = "Further lines, sections and keys of this file are ignored, too."});
    }
  }

  static void finish(std::array<Sections, 3>& sections) {
    for (auto& kind : sections) {
      for (auto& section : kind.all) {
        settle(section.properties_);
      }
    }
  }

 private:
  std::array<Sections, 3>& sections_;
  FileKind file_;
  const std::string& path_;
  /// Null while what comes is ignored.
  Section* section_ = nullptr;
  bool default_has_prefix_ = false;
  int ignored_ = 0;
};

namespace {

class ParsedConfig final : public SharedConfig {
 public:
  ParsedConfig(std::string config_text, std::string credentials_text, FileLocations locations)
      : locations_(std::move(locations)), config_(std::move(config_text)), credentials_(std::move(credentials_text)) {
    read(config_, FileKind::config, locations_.config);
    read(credentials_, FileKind::credentials, locations_.credentials);
    SharedConfigBuilder::finish(sections_);
  }

  const Section* profile(std::string_view name) const noexcept override { return of(SectionKind::profile).find(name); }
  const Section* sso_session(std::string_view name) const noexcept override {
    return of(SectionKind::sso_session).find(name);
  }
  const Section* services(std::string_view name) const noexcept override {
    return of(SectionKind::services).find(name);
  }
  std::vector<std::string_view> profile_names() const override {
    std::vector<std::string_view> names;
    for (const auto& section : of(SectionKind::profile).all) {
      names.push_back(section.name());
    }
    return names;
  }

  std::string place(FileKind file, int line) const override {
    return (file == FileKind::config ? locations_.config : locations_.credentials) + ":" + std::to_string(line);
  }
  const FileLocations& locations() const noexcept override { return locations_; }

 private:
  void read(Text& text, FileKind file, const std::string& path) {
    SharedConfigBuilder builder{sections_, file, path};
    read_profile_lines(text.bytes(), file, path, builder);
  }

  [[nodiscard]] const Sections& of(SectionKind kind) const noexcept {
    return sections_[static_cast<std::size_t>(kind)];
  }

  FileLocations locations_;
  Text config_;
  Text credentials_;
  std::array<Sections, 3> sections_;
};

}  // namespace

std::shared_ptr<const SharedConfig> parse_shared_config(std::string config_text, std::string credentials_text,
                                                        FileLocations locations) {
  return std::make_shared<const ParsedConfig>(std::move(config_text), std::move(credentials_text),
                                              std::move(locations));
}

}  // namespace aws_refresh_session::profile
