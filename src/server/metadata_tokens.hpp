#pragma once

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>

namespace aws_refresh_session::server {

/// The session tokens of IMDSv2. For one thread.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html
class MetadataTokens {
 public:
  /// How many are known at a time. Clients that lose theirs are answered by 401 and ask for a new one.
  static constexpr std::size_t kMost = 1'024;

  /// The life that `X-aws-ec2-metadata-token-ttl-seconds` asks for: 1 to 21600 seconds; nothing if it is not that.
  [[nodiscard]] static std::optional<std::chrono::seconds> parse_life(std::string_view text);

  /// A new one. The oldest makes room for it.
  [[nodiscard]] const SecretString& issue(std::chrono::seconds life, SteadyTime now);
  /// Takes the same time whichever it is, for as many as there are.
  [[nodiscard]] bool knows(std::string_view token, SteadyTime now) const;

 private:
  struct Issued {
    SecretString token;
    SteadyTime end;
  };
  std::deque<Issued> issued_;
};

}  // namespace aws_refresh_session::server
