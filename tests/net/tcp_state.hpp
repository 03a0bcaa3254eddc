// What the kernel says of a TCP connection (TCP_INFO).
#pragma once

#include <cstdint>

namespace tempfail::test {

struct TcpState {
  std::uint32_t data_segments_in = 0;
  std::uint32_t unsent = 0;      ///< bytes in the send buffer that were never sent
  std::uint32_t peer_window = 0; ///< bytes the other end offers to take
};
TcpState tcp_state(int fd);

} // namespace tempfail::test
