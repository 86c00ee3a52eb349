#include "aws/payload_hash.hpp"

#include "aws/sha256.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <vector>

namespace aws_refresh_session::aws {

std::string payload_hash(BodySource& source, const std::stop_token& stop) {
  constexpr std::size_t kPiece = std::size_t{64} * 1024;
  std::vector<char> piece(kPiece);
  Sha256 sha256;
  sha256.start();
  source.rewind();
  while (const auto count = source.read(piece)) {
    if (stop.stop_requested()) {
      throw ConnectionError{{.message = "The request was stopped", .code = "Cancelled", .kind = ErrorKind::cancelled}};
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): a body is bytes
    sha256.add({reinterpret_cast<const unsigned char*>(piece.data()), count});
  }
  std::string hash;
  append_hex(hash, sha256.finish());
  return hash;
}

}  // namespace aws_refresh_session::aws
