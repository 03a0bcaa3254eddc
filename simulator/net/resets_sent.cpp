// OutRsts of /proc/net/snmp: a line of names and a line of figures, both of which begin with "Tcp:".
#include "net/resets_sent.hpp"

#include <atomic>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace tempfail::net {
namespace {

std::atomic<std::uint64_t> own_resets = 0;

} // namespace

void note_own_reset() {
  ++own_resets;
}

std::optional<std::uint64_t> resets_sent() {
  std::ifstream file("/proc/thread-self/net/snmp");
  std::string names;
  std::string figures;
  while (std::getline(file, names) && !names.starts_with("Tcp:")) {
  }
  if (!std::getline(file, figures) || !figures.starts_with("Tcp:")) return std::nullopt;
  std::istringstream all_names(names);
  std::istringstream all_figures(figures);
  std::string name;
  std::string figure;
  while (all_names >> name && all_figures >> figure) {
    if (name != "OutRsts") continue;
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(figure.data(), figure.data() + figure.size(), count);
    if (error != std::errc() || end != figure.data() + figure.size()) return std::nullopt;
    return count - own_resets;
  }
  return std::nullopt;
}

} // namespace tempfail::net
