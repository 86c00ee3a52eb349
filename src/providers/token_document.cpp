#include "providers/token_document.hpp"

#include "core/json.hpp"
#include "core/rfc3339.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <ostream>
#include <streambuf>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

/// How many bytes the JSON of the value takes at most: each byte of a text may become six.
std::size_t longest_dump(const nlohmann::json& value) {
  constexpr std::size_t kPunctuation = 32;
  constexpr std::size_t kEscaped = 6;
  std::size_t size = kPunctuation;
  if (value.is_string()) {
    size += kEscaped * value.get_ref<const std::string&>().size();
  } else if (value.is_object()) {
    for (const auto& [name, each] : value.items()) {
      size += kPunctuation + kEscaped * name.size() + longest_dump(each);
    }
  } else if (value.is_array()) {
    for (const auto& each : value) {
      size += longest_dump(each);
    }
  }
  return size;
}

/// Appends to a text that has the room already: growing would leave secrets in freed memory.
class Appender final : public std::streambuf {
 public:
  explicit Appender(std::string& text) : text_(text) {}

 protected:
  int_type overflow(int_type next) override {
    text_ += traits_type::to_char_type(next);
    return next;
  }
  std::streamsize xsputn(const char* data, std::streamsize count) override {
    text_.append(data, static_cast<std::size_t>(count));
    return count;
  }

 private:
  std::string& text_;
};

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::optional<TokenDocument> TokenDocument::parse(std::string_view text) {
  auto value = core::parse_json(text);
  if (!value) {
    return std::nullopt;
  }
  TokenDocument document{std::move(*value)};
  if (!document.value_.is_object()) {
    return std::nullopt;
  }
  return document;
}

TokenDocument TokenDocument::parse_or_throw(std::string_view text, const TokenSubject& subject) {
  auto document = parse(text);
  if (!document) {
    ErrorFields fields;
    fields.message.append(subject.what).append(" cannot be used: it is no JSON object");
    if (!subject.advice.empty()) {
      fields.message.append(": ").append(subject.advice);
    }
    fields.code = subject.code;
    fields.kind = subject.kind;
    throw CredentialError{std::move(fields)};
  }
  return std::move(*document);
}

TokenDocument::~TokenDocument() {
  core::wipe_texts(value_);
}

void TokenDocument::set(std::string_view parent, std::string_view name, std::string_view text) {
  auto& object = parent.empty() ? value_ : value_[std::string{parent}];
  auto& member = object[std::string{name}];
  core::wipe_texts(member);
  member = std::string{text};
}

SecretString TokenDocument::dump() const {
  std::string text;
  text.reserve(longest_dump(value_));
  Appender appender{text};
  std::ostream out{&appender};
  out << value_;
  SecretString secret{text};
  wipe(text);
  return secret;
}

const nlohmann::json* TokenReader::find(std::string_view name, bool required) const {
  const auto found = object_->find(name);
  if (found != object_->end() && !found->is_null()) {
    return &*found;
  }
  if (required) {
    refuse(name, "is missing");
  }
  return nullptr;
}

TokenReader TokenReader::object(std::string_view name) const {
  const auto* const member = find(name, true);
  if (!member->is_object()) {
    refuse(name, "is no object");
  }
  return {*member, subject_, path_ + std::string{name} + "."};
}

SecretString TokenReader::text(std::string_view name, bool required) const {
  const auto* const member = find(name, required);
  if (member == nullptr) {
    return {};
  }
  if (!member->is_string()) {
    refuse(name, "is no text");
  }
  const auto& text = member->get_ref<const std::string&>();
  if (required && is_blank(text)) {
    refuse(name, "is empty");
  }
  return SecretString{text};
}

SecretString TokenReader::visible_text(std::string_view name) const {
  auto text = this->text(name, true);
  const auto shown = text.reveal();
  if (!std::all_of(shown.begin(), shown.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    refuse(name, "holds a character that no header can carry");
  }
  return text;
}

std::optional<WallTime> TokenReader::time(std::string_view name, bool required) const {
  const auto text = this->text(name, required);
  if (text.empty()) {
    return std::nullopt;
  }
  auto time = core::parse_rfc3339(text.reveal());
  if (constexpr std::string_view kUtc = "UTC"; !time && text.reveal().ends_with(kUtc)) {
    time = core::parse_rfc3339(std::string{text.reveal().substr(0, text.size() - kUtc.size())} + "Z");
  }
  if (!time) {
    refuse(name, "is no RFC 3339 time with a zone");
  }
  return time;
}

std::int64_t TokenReader::number(std::string_view name, std::int64_t most) const {
  const auto* const member = find(name, true);
  if (!member->is_number_integer()) {
    refuse(name, "is no whole number");
  }
  // An unsigned number beyond the signed range turns negative here, and is refused.
  const auto number = member->get<std::int64_t>();
  if (number < 1 || number > most) {
    refuse(name, "is out of range");
  }
  return number;
}

void TokenReader::refuse(std::string_view name, std::string_view why) const {
  ErrorFields fields;
  fields.message.append(subject_.what).append(" cannot be used: ").append(path_).append(name);
  fields.message.append(" ").append(why);
  if (!subject_.advice.empty()) {
    fields.message.append(": ").append(subject_.advice);
  }
  fields.code = subject_.code;
  fields.param.append(path_).append(name);
  fields.kind = subject_.kind;
  throw CredentialError{std::move(fields)};
}

}  // namespace aws_refresh_session::providers
