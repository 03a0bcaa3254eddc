// Requests as bytes: a header, a fixed part, attributes, some of them with attributes inside; each is acknowledged.
#include "lab/netlink.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tempfail::lab {

namespace {

/// A request under construction.
class Request {
 public:
  template <typename Fixed>
  Request(std::uint16_t type, std::uint16_t flags, const Fixed& fixed) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    append(&header, sizeof header);
    append(&fixed, sizeof fixed);
  }

  void add(std::uint16_t type, const void* value, std::size_t size) {
    const std::size_t at = begin(type);
    append(value, size);
    end(at);
  }
  void add(std::uint16_t type, std::string_view text) { add(type, text.data(), text.size()); }
  void add_number(std::uint16_t type, std::uint32_t number) { add(type, &number, sizeof number); }

  /// Attributes that follow are inside of this one until end().
  std::size_t begin(std::uint16_t type) {
    const std::size_t at = bytes_.size();
    const rtattr header{0, type};
    append(&header, sizeof header);
    return at;
  }
  void end(std::size_t at) {
    const auto size = static_cast<std::uint16_t>(bytes_.size() - at);
    std::memcpy(bytes_.data() + at + offsetof(rtattr, rta_len), &size, sizeof size);
    bytes_.resize((bytes_.size() + RTA_ALIGNTO - 1) & ~std::size_t{RTA_ALIGNTO - 1});
  }
  template <typename Fixed>
  void append_fixed(const Fixed& fixed) {
    append(&fixed, sizeof fixed);
  }

  std::string finished(unsigned sequence) {
    const auto size = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_len), &size, sizeof size);
    std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
    return bytes_;
  }

 private:
  void append(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }

  std::string bytes_;
};

struct Address {
  std::uint8_t family = 0;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t size = 0;
};

std::optional<Address> parse(std::string_view text) {
  Address address;
  const std::string terminated(text);
  const bool v6 = text.find(':') != std::string_view::npos;
  address.family = v6 ? AF_INET6 : AF_INET;
  address.size = v6 ? 16 : 4;
  if (::inet_pton(address.family, terminated.c_str(), address.bytes.data()) != 1)
    return std::nullopt;
  return address;
}

rtmsg default_route(std::uint8_t family, std::uint8_t type) {
  rtmsg route{};
  route.rtm_family = family;
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = type;
  return route;
}

} // namespace

int device_index(int socket, std::string_view device) {
  ifreq request{};
  device.copy(request.ifr_name, sizeof request.ifr_name - 1);
  return ::ioctl(socket, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : 0;
}

Netlink::Netlink()
    : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)),
      no_socket_(socket_.get() < 0 ? errno : 0) {}

int Netlink::talk(const std::string& request) {
  if (no_socket_ != 0) return no_socket_;
  if (::send(socket_.get(), request.data(), request.size(), 0) < 0) return errno;
  std::array<char, 8192> buffer{};
  const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (size < 0) return errno;
  nlmsghdr header{};
  nlmsgerr answer{};
  if (static_cast<std::size_t>(size) < sizeof header + sizeof answer) return EPROTO;
  std::memcpy(&header, buffer.data(), sizeof header);
  std::memcpy(&answer, buffer.data() + sizeof header, sizeof answer);
  if (header.nlmsg_type != NLMSG_ERROR || answer.msg.nlmsg_seq != sequence_) return EPROTO;
  return -answer.error;
}

int Netlink::add_cable(std::string_view name, std::string_view peer_name, int peer_namespace) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.add(IFLA_IFNAME, name);
  const std::size_t info = request.begin(IFLA_LINKINFO);
  request.add(IFLA_INFO_KIND, "veth");
  const std::size_t data = request.begin(IFLA_INFO_DATA);
  const std::size_t peer = request.begin(VETH_INFO_PEER);
  request.append_fixed(ifinfomsg{});
  request.add(IFLA_IFNAME, peer_name);
  request.add_number(IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer_namespace));
  request.end(peer);
  request.end(data);
  request.end(info);
  return talk(request.finished(++sequence_));
}

int Netlink::turn_on(std::string_view device) {
  const int index = device_index(socket_.get(), device);
  if (index == 0) return no_socket_ != 0 ? no_socket_ : errno;
  ifinfomsg link{};
  link.ifi_index = index;
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  return talk(Request(RTM_NEWLINK, 0, link).finished(++sequence_));
}

int Netlink::add_address(std::string_view device, std::string_view address, int prefix) {
  return change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, device, address, prefix);
}

int Netlink::remove_address(std::string_view device, std::string_view address, int prefix) {
  return change_address(RTM_DELADDR, 0, device, address, prefix);
}

int Netlink::change_address(std::uint16_t type, std::uint16_t flags, std::string_view device,
                            std::string_view address, int prefix) {
  const auto parsed = parse(address);
  if (!parsed) return EINVAL;
  const int index = device_index(socket_.get(), device);
  if (index == 0) return no_socket_ != 0 ? no_socket_ : errno;
  ifaddrmsg message{};
  message.ifa_family = parsed->family;
  message.ifa_prefixlen = static_cast<std::uint8_t>(prefix);
  message.ifa_flags = IFA_F_NODAD;
  message.ifa_index = static_cast<unsigned>(index);
  Request request(type, flags, message);
  request.add(IFA_LOCAL, parsed->bytes.data(), parsed->size);
  request.add(IFA_ADDRESS, parsed->bytes.data(), parsed->size);
  return talk(request.finished(++sequence_));
}

int Netlink::add_default_route(std::string_view device, std::string_view gateway) {
  const auto parsed = parse(gateway);
  if (!parsed) return EINVAL;
  const int index = device_index(socket_.get(), device);
  if (index == 0) return no_socket_ != 0 ? no_socket_ : errno;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
                  default_route(parsed->family, RTN_UNICAST));
  request.add(RTA_GATEWAY, parsed->bytes.data(), parsed->size);
  request.add_number(RTA_OIF, static_cast<std::uint32_t>(index));
  return talk(request.finished(++sequence_));
}

int Netlink::drop_other_ipv6() {
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, default_route(AF_INET6, RTN_BLACKHOLE));
  return talk(request.finished(++sequence_));
}

} // namespace tempfail::lab
