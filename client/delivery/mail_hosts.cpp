// Sorting and shuffling of hosts and addresses.
#include "client/delivery/mail_hosts.hpp"

#include "client/base/random.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::client {
namespace {

template <class Record>
void shuffle(std::vector<Record>& records, std::uint64_t seed) {
  Random random(seed);
  for (std::size_t left = records.size(); left > 1; --left) {
    std::swap(records[left - 1], records[random.below(left)]);
  }
}

} // namespace

std::vector<MailHost> in_order(std::vector<MailHost> hosts, std::uint64_t seed) {
  shuffle(hosts, seed);
  std::stable_sort(hosts.begin(), hosts.end(), [](const MailHost& left, const MailHost& right) {
    return left.preference < right.preference;
  });
  return hosts;
}

bool is_null_mx(const std::vector<MailHost>& hosts) {
  return hosts.size() == 1 && hosts.front().host.empty();
}

std::vector<MailHost> before_self(std::vector<MailHost> hosts, std::string_view own_name) {
  const auto self = std::find_if(hosts.begin(), hosts.end(),
                                 [&](const MailHost& each) { return each.host == own_name; });
  if (self != hosts.end()) {
    const std::uint16_t preference = self->preference;
    std::erase_if(hosts, [&](const MailHost& each) { return each.preference >= preference; });
  }
  return hosts;
}

std::vector<Address> in_order(std::vector<Address> addresses, bool ipv4, bool ipv6,
                              std::uint64_t seed) {
  shuffle(addresses, seed);
  std::vector<Address> six;
  std::vector<Address> four;
  for (Address& address : addresses) {
    if (address.v6 ? ipv6 : ipv4) {
      (address.v6 ? six : four).push_back(std::move(address));
    }
  }
  std::vector<Address> result;
  for (std::size_t index = 0; index < std::max(six.size(), four.size()); ++index) {
    for (std::vector<Address>* family : {&six, &four}) {
      if (index < family->size()) {
        result.push_back(std::move((*family)[index]));
      }
    }
  }
  return result;
}

} // namespace tempfail::client
