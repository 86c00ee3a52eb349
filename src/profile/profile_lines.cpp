#include "profile/profile_lines.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

namespace aws_refresh_session::profile {
namespace {

// Carriage returns, too: files with CRLF need no other care.
constexpr std::string_view kBlanks = " \t\r\f\v";

// Character by character, here and below: the standard library's searches for one of a set call memchr for each
// character, which was half the time that a large file took.
constexpr bool is_blank(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool begins_comment(char c) noexcept {
  return c == '#' || c == ';';
}

constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// Without a comment, which needs white space before it: `a#b` is a value.
constexpr std::string_view without_comment(std::string_view line) noexcept {
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (begins_comment(line[at]) && is_blank(line[at - 1])) {
      return line.substr(0, at);
    }
  }
  return line;
}

/// The characters that the AWS SDKs take in a key.
bool is_key(std::string_view key) noexcept {
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '/' || c == '.' || c == '%' || c == '@' || c == ':' || c == '+';
  });
}

class Reader {
 public:
  Reader(std::span<char> text, FileKind file, const std::string& path, ProfileLineVisitor& visitor) noexcept
      : text_(text), file_(file), path_(path), visitor_(visitor) {}

  void run() {
    const std::string_view all{text_.data(), text_.size()};
    if (const auto bad = find_non_text(all); bad != all.size()) {
      line_ = 1 + static_cast<int>(std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(bad), '\n'));
      malformed("holds bytes that are not UTF-8 text: save it as plain text");
    }
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    std::size_t begin = all.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    while (begin < all.size()) {
      const auto end = std::min(all.find('\n', begin), all.size());
      ++line_;
      take_line(all.substr(begin, end - begin));
      begin = end + 1;
    }
    close_property();
  }

 private:
  enum class Place { outside, ignored_section, section };

  void take_line(std::string_view line) {
    if (line.empty() || begins_comment(line.front())) {
      return;
    }
    if (is_blank(line.front())) {
      const auto rest = trimmed(line);
      if (!rest.empty() && !begins_comment(rest.front())) {
        take_indented(rest);
      }
    } else if (line.front() == '[') {
      close_property();
      take_header(line.substr(1));
    } else {
      close_property();
      take_property(line);
    }
  }

  void take_header(std::string_view rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
    SectionHeader header{.name = {}, .line = line_};
    std::string_view why;
    if (file_ == FileKind::credentials) {
      why = take_credentials_name(rest, header);
    } else {
      why = take_config_name(rest, header);
    }
    const auto after = trimmed(rest);
    if (!after.empty() && !begins_comment(after.front())) {
      visitor_.on_ignored(line_, "Text after the closing bracket of a section is ignored: put it on its own line.");
    }
    if (!why.empty()) {
      place_ = Place::ignored_section;
      visitor_.on_ignored(line_, why);
    } else {
      place_ = Place::section;
      visitor_.on_section(header);
    }
  }

  /// Takes name and closing bracket from `rest`. The name may be in quotes.
  std::string_view take_name(std::string_view& rest) {
    if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) {
      if (const auto end = rest.find(rest.front(), 1); end != std::string_view::npos) {
        const auto bracket = rest.find_first_not_of(kBlanks, end + 1);
        if (bracket != std::string_view::npos && rest[bracket] == ']') {
          const auto name = rest.substr(1, end - 1);
          rest.remove_prefix(bracket + 1);
          return name;
        }
      }
    }
    const auto bracket = rest.find(']');
    if (bracket == std::string_view::npos) {
      malformed("has a section without its closing bracket: write [name]");
    }
    const auto name = trimmed(rest.substr(0, bracket));
    rest.remove_prefix(bracket + 1);
    // In quotes a name may have blanks.
    return name;
  }

  /// Why the section is ignored; empty if it is not.
  std::string_view take_credentials_name(std::string_view& rest, SectionHeader& header) {
    header.name = take_name(rest);
    if (header.name.empty()) {
      return "A section without a name is ignored.";
    }
    const auto word = header.name.substr(0, header.name.find_first_of(kBlanks));
    if (word.size() != header.name.size() && (word == "profile" || word == "sso-session" || word == "services")) {
      return "This section is ignored: the credentials file has profiles only, and without a prefix. Write [name], or "
             "move it to the config file.";
    }
    return {};
  }

  std::string_view take_config_name(std::string_view& rest, SectionHeader& header) {
    const auto word = rest.substr(0, std::min(rest.find(']'), rest.find_first_of(kBlanks)));
    auto behind = rest.substr(word.size());
    behind.remove_prefix(std::min(behind.find_first_not_of(kBlanks), behind.size()));
    if (behind.empty()) {
      malformed("has a section without its closing bracket: write [profile name]");
    }
    if (behind.front() == ']') {
      rest = behind.substr(1);
      header.name = word;
      if (word == "default") {
        return {};
      }
      return "This section is ignored: in the config file a profile is written [profile name].";
    }
    rest = behind;
    const bool quoted = rest.front() == '"' || rest.front() == '\'';
    header.name = take_name(rest);
    header.has_prefix = true;
    if (word == "sso-session") {
      header.kind = SectionKind::sso_session;
    } else if (word == "services") {
      header.kind = SectionKind::services;
    } else if (word != "profile") {
      return "A section of a type that is not known is ignored.";
    }
    if (header.name.empty()) {
      return "A section without a name is ignored.";
    }
    if (!quoted && header.name.find_first_of(kBlanks) != std::string_view::npos) {
      return "This section is ignored: a name with blanks needs quotes.";
    }
    return {};
  }

  /// Splits `key = value` and writes the key in lower case.
  Property split(std::string_view line) {
    line = without_comment(line);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      malformed("has a line that is neither a section nor `key = value`: correct it, or make it a comment with #");
    }
    const auto key = trimmed(line.substr(0, equals));
    if (key.empty()) {
      malformed("has a value without a key before the equals sign: write `key = value`");
    }
    for (char& c : writable(key)) {
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return {.key = key, .value = trimmed(line.substr(equals + 1)), .file = file_, .line = line_};
  }

  void take_property(std::string_view line) {
    if (place_ == Place::outside) {
      malformed("has a line before the first section: begin with a line like [default]");
    }
    open_ = split(line);
    if (!is_key(open_->key)) {
      visitor_.on_ignored(line_, "A key with characters that no AWS key has is ignored.");
      ignored_property_ = true;
    }
  }

  void take_indented(std::string_view rest) {
    if (!open_) {
      malformed("has an indented line with nothing before it to continue: remove the white space at its beginning");
    }
    if (open_->value.empty()) {
      open_->nested.push_back(split(rest));
      return;
    }
    // What lies between the value and its continuation is white space, a comment or a line break: room enough.
    const auto whole = writable({open_->value.data(), open_->value.size() + 1 + rest.size()});
    whole[open_->value.size()] = '\n';
    std::memmove(&whole[open_->value.size() + 1], rest.data(), rest.size());
    open_->value = {whole.data(), whole.size()};
  }

  void close_property() {
    if (open_ && !ignored_property_ && place_ == Place::section) {
      visitor_.on_property(std::move(*open_));
    }
    open_.reset();
    ignored_property_ = false;
  }

  /// The same bytes of the text, to be changed.
  [[nodiscard]] std::span<char> writable(std::string_view part) const noexcept {
    return text_.subspan(static_cast<std::size_t>(part.data() - text_.data()), part.size());
  }

  [[noreturn]] void malformed(const char* what) const {
    throw ConfigurationError{{.message = "The file " + path_ + " " + what + " (line " + std::to_string(line_) + ").",
                              .code = "ConfigFileMalformed",
                              .param = file_ == FileKind::config ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE",
                              .value = path_ + ":" + std::to_string(line_)}};
  }

  std::span<char> text_;
  FileKind file_;
  const std::string& path_;
  ProfileLineVisitor& visitor_;
  int line_ = 0;
  Place place_ = Place::outside;
  /// The property that indented lines go on with.
  std::optional<Property> open_;
  bool ignored_property_ = false;
};

}  // namespace

void read_profile_lines(std::span<char> text, FileKind file, const std::string& path, ProfileLineVisitor& visitor) {
  Reader{text, file, path, visitor}.run();
}

std::size_t find_non_text(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto continues = [&](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
  std::size_t at = 0;
  while (at < text.size()) {
    // Eight at a time, as nearly all text is ASCII: no high bit, and no byte from which 1 borrows.
    std::uint64_t eight = 0;
    while (at + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if (((eight | (eight - kOnes)) & kHighs) != 0) {
        break;
      }
      at += sizeof eight;
    }
    // The byte sequences of RFC 3629, section 4.
    const auto first = byte(at);
    const auto second = byte(at + 1);
    if (at == text.size()) {
      break;
    }
    if (first >= 0x01 && first <= 0x7F) {
      at += 1;
    } else if (first >= 0xC2 && first <= 0xDF && continues(at + 1)) {
      at += 2;
    } else if (first >= 0xE0 && first <= 0xEF && continues(at + 1) && continues(at + 2) &&
               (first != 0xE0 || second >= 0xA0) && (first != 0xED || second <= 0x9F)) {
      at += 3;
    } else if (first >= 0xF0 && first <= 0xF4 && continues(at + 1) && continues(at + 2) && continues(at + 3) &&
               (first != 0xF0 || second >= 0x90) && (first != 0xF4 || second <= 0x8F)) {
      at += 4;
    } else {
      return at;
    }
  }
  return text.size();
}

}  // namespace aws_refresh_session::profile
