// Who has which address in a lab. The same in every lab, so that what was seen in one can be said of another.
//
// All of them are addresses that the standards keep for documentation (RFC 5737, RFC 3849): nobody has them outside.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace tempfail::lab {

/// The sender's own address, the simulator's end of the cable (its default route), and how wide the cable's network is.
inline constexpr std::string_view sender_ipv4 = "203.0.113.2";
inline constexpr std::string_view gateway_ipv4 = "203.0.113.1";
inline constexpr int cable_prefix_ipv4 = 24;
inline constexpr std::string_view sender_ipv6 = "2001:db8:ffff::2";
inline constexpr std::string_view gateway_ipv6 = "2001:db8:ffff::1";
inline constexpr int cable_prefix_ipv6 = 64;

/// Where the sender's resolver asks. Hosts never have this address.
inline constexpr std::string_view name_server_ipv4 = "192.0.2.53";

/// The sender's own name: what "myself" means to a mail server in the lab.
inline constexpr std::string_view sender_name = "mail.sender.test";

/// The address of a host, by its number from 0: 192.0.2.1 and up, then 198.51.100.1 and up; 2001:db8:1::1 and up.
/// `number` is less than max_hosts.
std::string host_ipv4(std::size_t number);
std::string host_ipv6(std::size_t number);
inline constexpr std::size_t max_hosts = 253 + 249;

/// Where mail to the sender's own domain goes: a host of the simulator, by its name and address.
inline constexpr std::string_view sender_domain = "sender.test";
inline constexpr std::string_view sender_mx = "mx.sender.test";
inline constexpr std::string_view sender_mx_ipv4 = "198.51.100.250";

/// What becomes of a connection to an address where no host is.
enum class Unreachability : unsigned char {
  host_unreachable,    ///< ICMP says so: EHOSTUNREACH
  network_unreachable, ///< ICMP says so: ENETUNREACH
  prohibited, ///< ICMP says that a filter forbids it: EHOSTUNREACH over IPv4, EACCES over IPv6
  dropped,    ///< nothing comes back
};

/// An address that can't be reached, in every lab. All others where no host is are in an unreachable network.
struct DeadAddress {
  std::string_view address;
  Unreachability unreachability;
};
inline constexpr std::array<DeadAddress, 8> dead_addresses = {{
    {"198.51.100.251", Unreachability::host_unreachable},
    {"198.51.100.252", Unreachability::network_unreachable},
    {"198.51.100.253", Unreachability::prohibited},
    {"198.51.100.254", Unreachability::dropped},
    {"2001:db8::251", Unreachability::host_unreachable},
    {"2001:db8::252", Unreachability::network_unreachable},
    {"2001:db8::253", Unreachability::prohibited},
    {"2001:db8::254", Unreachability::dropped},
}};

/// "host unreachable" and so on.
std::string_view to_string(Unreachability unreachability);

} // namespace tempfail::lab
