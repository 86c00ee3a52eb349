#include <aws_refresh_session/environment.hpp>

#include <cstdlib>

namespace aws_refresh_session {
namespace {

class ProcessEnvironment final : public Environment {
 public:
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const override {
    const char* value = std::getenv(std::string{name}.c_str());
    if (value == nullptr || std::string_view{value}.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return std::nullopt;
    }
    return value;
  }
};

}  // namespace

std::shared_ptr<const Environment> process_environment() {
  // Never destroyed: the log may be made by a thread that outlives main().
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
  static const auto& environment =
      *new std::shared_ptr<const Environment>{std::make_shared<const ProcessEnvironment>()};
  return environment;
}

}  // namespace aws_refresh_session
