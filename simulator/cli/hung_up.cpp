// Asks the kernel.
#include "cli/hung_up.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <unistd.h>

namespace tempfail::cli {

bool is_terminal_gone() {
  std::array<pollfd, 2> asked = {pollfd{STDOUT_FILENO, 0, 0}, pollfd{STDERR_FILENO, 0, 0}};
  ::poll(asked.data(), asked.size(), 0);
  return std::any_of(asked.begin(), asked.end(),
                     [](const pollfd& fd) { return (fd.revents & POLLHUP) != 0; });
}

} // namespace tempfail::cli
