// Asks the kernel.
#include "client/cli/terminal.hpp"

#include <sys/ioctl.h>

namespace tempfail::client {

unsigned terminal_width(int descriptor, unsigned otherwise) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

} // namespace tempfail::client
