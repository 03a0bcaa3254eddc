// Reading and comparing addresses with the C library's own parser.
#include "scenario/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace tempfail::scenario {
namespace {

constexpr std::array<std::uint8_t, 12> ipv4_mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int ipv4_offset = 96; ///< bits of the mapped prefix

/// Keeps the first `prefix` bits, clears the others.
void mask(AddressRange& range) {
  for (std::size_t i = 0; i < range.bytes.size(); ++i) {
    const int kept = std::clamp(range.prefix - static_cast<int>(i) * 8, 0, 8);
    range.bytes[i] =
        static_cast<std::uint8_t>(range.bytes[i] & (0xff00U >> static_cast<unsigned>(kept)));
  }
}

} // namespace

bool AddressRange::is_ipv4() const {
  return std::equal(ipv4_mapped.begin(), ipv4_mapped.end(), bytes.begin());
}

bool AddressRange::contains(const AddressRange& address) const {
  AddressRange masked = address;
  masked.prefix = prefix;
  mask(masked);
  return address.prefix >= prefix && masked.bytes == bytes;
}

std::optional<AddressRange> parse_address_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  AddressRange range;
  int offset = 0;
  if (inet_pton(AF_INET6, address.c_str(), range.bytes.data()) != 1) {
    std::copy(ipv4_mapped.begin(), ipv4_mapped.end(), range.bytes.begin());
    if (inet_pton(AF_INET, address.c_str(), range.bytes.data() + ipv4_mapped.size()) != 1)
      return std::nullopt;
    offset = ipv4_offset;
  }
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    int prefix = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (prefix < 0 || prefix > 128 - offset) return std::nullopt;
    range.prefix = prefix + offset;
    mask(range);
  }
  return range;
}

bool address_range_contains(std::string_view range, std::string_view address) {
  const auto wide = parse_address_range(range);
  const auto one = parse_address_range(address);
  return wide && one && wide->contains(*one);
}

std::string address_range_of(std::string_view address, int ipv4_prefix, int ipv6_prefix) {
  auto range = parse_address_range(address);
  if (!range) return std::string(address);
  const bool ipv4 = range->is_ipv4();
  range->prefix = ipv4 ? ipv4_prefix + ipv4_offset : ipv6_prefix;
  mask(*range);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const std::uint8_t* bytes = range->bytes.data() + (ipv4 ? ipv4_mapped.size() : 0);
  inet_ntop(ipv4 ? AF_INET : AF_INET6, bytes, text.data(), static_cast<socklen_t>(text.size()));
  return std::string(text.data()) + '/' + std::to_string(ipv4 ? ipv4_prefix : ipv6_prefix);
}

} // namespace tempfail::scenario
