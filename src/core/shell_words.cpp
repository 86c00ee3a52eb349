#include "core/shell_words.hpp"

#include <cstddef>
#include <utility>

namespace aws_refresh_session::core {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view text) noexcept : text_(text) {}

  std::optional<std::vector<std::string>> split() {
    while (position_ < text_.size()) {
      if (!step()) {
        return std::nullopt;
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  /// Reads one character outside quotes, or one quoted part.
  bool step() {
    const char next = text_[position_++];
    switch (next) {
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        end_word();
        return true;
      case '\\':
        return escaped();
      case '\'':
        return single_quoted();
      case '"':
        return double_quoted();
      default:
        begin_word().push_back(next);
        return true;
    }
  }

  bool escaped() {
    if (position_ == text_.size()) {
      return false;
    }
    const char next = text_[position_++];
    if (next != '\n') {  // both are removed; they do not even end a word
      begin_word().push_back(next);
    }
    return true;
  }

  bool single_quoted() {
    const auto end = text_.find('\'', position_);
    if (end == std::string_view::npos) {
      return false;
    }
    begin_word().append(text_.substr(position_, end - position_));
    position_ = end + 1;
    return true;
  }

  bool double_quoted() {
    constexpr std::string_view kEscapable = "$`\"\\\n";
    auto& word = begin_word();
    while (position_ < text_.size()) {
      const char next = text_[position_++];
      if (next == '"') {
        return true;
      }
      if (next != '\\' || position_ == text_.size() || kEscapable.find(text_[position_]) == std::string_view::npos) {
        word.push_back(next);
      } else if (const char taken = text_[position_++]; taken != '\n') {
        word.push_back(taken);
      }
    }
    return false;
  }

  std::string& begin_word() {
    if (!in_word_) {
      words_.emplace_back();
      in_word_ = true;
    }
    return words_.back();
  }

  void end_word() noexcept { in_word_ = false; }

  std::string_view text_;
  std::size_t position_ = 0;
  std::vector<std::string> words_;
  bool in_word_ = false;
};

}  // namespace

std::optional<std::vector<std::string>> split_shell_words(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  return Splitter{text}.split();
}

}  // namespace aws_refresh_session::core
