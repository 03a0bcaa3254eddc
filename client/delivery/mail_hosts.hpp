// The order in which a destination's hosts are tried.
#pragma once

#include "client/net/resolver.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

/// Ascending preference, equal ones shuffled by the seed (RFC 5321 section 5.1).
std::vector<MailHost> in_order(std::vector<MailHost> hosts, std::uint64_t seed);

/// True for a single MX that is the root: the domain takes no mail (RFC 7505).
bool is_null_mx(const std::vector<MailHost>& hosts);

/// What is left when `own_name` is one of the hosts: those of lower preference numbers only, lest mail goes
/// round in a circle (RFC 5321 section 5.1). `hosts` is in order.
std::vector<MailHost> before_self(std::vector<MailHost> hosts, std::string_view own_name);

/// The families wanted, taking turns, so that a dead family does not use up the tries; IPv6 first. Addresses
/// of one family are shuffled by the seed.
std::vector<Address> in_order(std::vector<Address> addresses, bool ipv4, bool ipv6,
                              std::uint64_t seed);

} // namespace tempfail::client
