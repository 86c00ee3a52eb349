#include "cli/secret_text.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <algorithm>
#include <cstddef>

namespace aws_refresh_session::cli {

SecretText::~SecretText() {
  wipe(text_);
}

void SecretText::append(std::string_view text) {
  if (text_.size() + text.size() > text_.capacity()) {
    // The string's own growth would free the old buffer with the secret in it.
    std::string larger;
    larger.reserve(std::max<std::size_t>(1024, 2 * (text_.size() + text.size())));
    larger = text_;
    wipe(text_);
    text_.swap(larger);
  }
  text_ += text;
}

}  // namespace aws_refresh_session::cli
