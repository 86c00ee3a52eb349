#include "providers/container_host.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace aws_refresh_session::providers {
namespace {

using Ipv4 = std::array<std::uint8_t, 4>;
using Ipv6 = std::array<std::uint8_t, 16>;

constexpr std::uint8_t kLoopbackNetwork = 127;
constexpr std::array<Ipv4, 2> kAllowedV4{{{169, 254, 170, 2}, {169, 254, 170, 23}}};
constexpr std::array<Ipv6, 2> kAllowedV6{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
                                          {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23}}};

template <typename List, typename Address>
bool contains(const List& list, const Address& address) noexcept {
  return std::find(list.begin(), list.end(), address) != list.end();
}

}  // namespace

bool is_local_container_host(std::string_view host) noexcept {
  constexpr std::size_t kLongestAddress = INET6_ADDRSTRLEN;
  if (host == "localhost") {
    return true;
  }
  if (host.size() >= kLongestAddress) {
    return false;
  }
  std::array<char, kLongestAddress> text{};
  std::copy(host.begin(), host.end(), text.begin());
  // It takes four decimal numbers and nothing else: `127.1` and `0177.0.0.1` mean different hosts to different readers.
  if (Ipv4 address{}; ::inet_pton(AF_INET, text.data(), address.data()) == 1) {
    return address[0] == kLoopbackNetwork || contains(kAllowedV4, address);
  }
  Ipv6 address{};
  return ::inet_pton(AF_INET6, text.data(), address.data()) == 1 && contains(kAllowedV6, address);
}

}  // namespace aws_refresh_session::providers
