// TCP_INFO as the kernel's own header knows it; the C library's knows only its beginning.
#include "net/tcp_state.hpp"

#include <cerrno>
#include <system_error>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace tempfail::test {

TcpState tcp_state(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "TCP_INFO");
  return {info.tcpi_state, info.tcpi_total_retrans, info.tcpi_data_segs_in, info.tcpi_notsent_bytes,
          info.tcpi_snd_wnd};
}

} // namespace tempfail::test
