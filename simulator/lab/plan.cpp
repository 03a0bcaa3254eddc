// Addresses by number.
#include "lab/plan.hpp"

#include <charconv>

namespace tempfail::lab {

std::string host_ipv4(std::size_t number) {
  constexpr std::size_t before_name_server = 52; // 192.0.2.1 to .52, and on with .54
  constexpr std::size_t in_first_network = 253;
  if (number < before_name_server) return "192.0.2." + std::to_string(number + 1);
  if (number < in_first_network) return "192.0.2." + std::to_string(number + 2);
  return "198.51.100." + std::to_string(number - in_first_network + 1);
}

std::string host_ipv6(std::size_t number) {
  std::array<char, 16> digits{};
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), number + 1, 16);
  return "2001:db8:1::" + std::string(digits.data(), end);
}

std::string_view to_string(Unreachability unreachability) {
  switch (unreachability) {
  case Unreachability::host_unreachable: return "host unreachable";
  case Unreachability::network_unreachable: return "network unreachable";
  case Unreachability::prohibited: return "prohibited by a filter";
  case Unreachability::dropped: return "never answered";
  }
  return "";
}

} // namespace tempfail::lab
