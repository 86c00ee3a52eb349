#pragma once

#include <stdexcept>

namespace aws_refresh_session::cli {

/// The command line cannot be used. The text is one line for a person, begins with the option at fault where there
/// is one, and never holds a one-time code.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace aws_refresh_session::cli
