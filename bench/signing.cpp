#include "aws/sigv4.hpp"
#include "bench/table.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace aws_refresh_session::bench {

Rows signing() {
  constexpr int kSignatures = 20'000;
  constexpr int kRounds = 9;
  const Credentials credentials{"ASIAIOSFODNN7EXAMPLE", std::string(40, 's'), std::string(350, 't')};
  aws::SigningKeyCache keys;
  const auto time = std::chrono::system_clock::now();
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto before = std::chrono::steady_clock::now();
    for (int index = 0; index < kSignatures; ++index) {
      HttpRequest request;
      request.url = "https://bucket.s3.us-east-1.amazonaws.com/key?list-type=2";
      aws::sign_headers(request, credentials, {.region = "us-east-1", .service = "s3", .time = time}, keys);
    }
    rounds.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count() /
                     kSignatures);
  }
  std::sort(rounds.begin(), rounds.end());
  std::string peers;
  for (const auto& [name, microseconds] : python_peers("signing")) {
    peers += fmt::format("{} {:.0f} us ", name, microseconds);
  }
  return {{"SigV4 header signing, small S3 request with a session token",
           fmt::format("{:.1f} us ({:.1f}-{:.1f})", rounds[rounds.size() / 2], rounds.front(), rounds.back()), "3 us",
           peers}};
}

}  // namespace aws_refresh_session::bench
