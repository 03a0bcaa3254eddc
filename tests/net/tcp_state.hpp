// What the kernel says of a TCP connection (TCP_INFO).
#pragma once

#include <cstdint>

namespace tempfail::test {

/// TCP's SYN-SENT, as the kernel numbers it.
inline constexpr int tcp_syn_sent = 2;

struct TcpState {
  int state = 0;
  std::uint32_t syn_retransmits = 0; ///< segments sent again, in all
  std::uint32_t data_segments_in = 0;
  std::uint32_t unsent = 0;      ///< bytes in the send buffer that were never sent
  std::uint32_t peer_window = 0; ///< bytes the other end offers to take
};
TcpState tcp_state(int fd);

} // namespace tempfail::test
