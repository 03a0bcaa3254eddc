// What the kernel is asked to do to network devices, addresses and routes: rtnetlink, as far as a lab needs it.
#pragma once

#include "lab/namespaces.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::lab {

/// The number of a device in the network that any socket is in; 0 with errno when there is none of that name.
int device_index(int socket, std::string_view device);

/// Errors are errno values; 0: done.
class Netlink {
 public:
  /// Works on the network namespace that the thread is in.
  Netlink();

  /// A cable: `name` here, `peer_name` in the namespace of `peer_namespace`.
  int add_cable(std::string_view name, std::string_view peer_name, int peer_namespace);
  int turn_on(std::string_view device);
  /// Usable at once: nobody is asked whether it is taken.
  int add_address(std::string_view device, std::string_view address, int prefix);
  int remove_address(std::string_view device, std::string_view address, int prefix);
  /// All that has no better way goes to `gateway`.
  int add_default_route(std::string_view device, std::string_view gateway);
  /// What has no better way over IPv6 is dropped without a word.
  int drop_other_ipv6();

 private:
  int talk(const std::string& request);
  int change_address(std::uint16_t type, std::uint16_t flags, std::string_view device,
                     std::string_view address, int prefix);

  Descriptor socket_;
  int no_socket_ = 0; ///< why there is none
  unsigned sequence_ = 0;
};

} // namespace tempfail::lab
