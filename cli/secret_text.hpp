#pragma once

#include <string>
#include <string_view>

namespace aws_refresh_session::cli {

/// Text that may hold secrets and is put together piece by piece. Zeroes every buffer it held.
class SecretText {
 public:
  SecretText() = default;
  ~SecretText();
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;

  void append(std::string_view text);
  void drop_last() { text_.pop_back(); }
  [[nodiscard]] std::string_view str() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace aws_refresh_session::cli
