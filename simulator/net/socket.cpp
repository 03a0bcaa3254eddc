// A thread is in one network at a time: it goes there, makes the socket, and comes back.
#include "net/socket.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tempfail::net {

int make_socket(int network_namespace, int family, int type) {
  if (network_namespace < 0) return ::socket(family, type, 0);
  const int home = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) return -1;
  int fd = -1;
  int error = 0;
  if (::setns(network_namespace, CLONE_NEWNET) == 0) {
    fd = ::socket(family, type, 0);
    error = errno;
    if (::setns(home, CLONE_NEWNET) != 0) std::abort(); // nothing may go on in the wrong network
  } else {
    error = errno;
  }
  ::close(home);
  errno = error;
  return fd;
}

} // namespace tempfail::net
