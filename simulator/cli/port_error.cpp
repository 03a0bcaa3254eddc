// Each kind of trouble in its own words.
#include "cli/port_error.hpp"

#include <cerrno>

namespace tempfail::cli {

std::string port_error(const std::error_code& error, const std::string& address, std::uint32_t port,
                       const std::string& what, const std::string& option) {
  std::string text = "port " + std::to_string(port) + " on " + address + " (" + what + "): ";
  switch (error.value()) {
  case EADDRINUSE:
    text += "already in use";
    if (!option.empty())
      text += "; " + option + " chooses another port, " + option + " 0 lets the system choose one";
    break;
  case EACCES:
    text += "permission denied; ports below 1024 need root, the capability cap_net_bind_service "
            "(setcap), or a lower net.ipv4.ip_unprivileged_port_start (sysctl)";
    if (!option.empty()) text += "; " + option + " chooses another one";
    break;
  case EADDRNOTAVAIL: text += "this machine does not have that address"; break;
  case EMFILE:
  case ENFILE: text += "too many open files; raise the limit (ulimit -n)"; break;
  default: text += error.message();
  }
  return text;
}

} // namespace tempfail::cli
