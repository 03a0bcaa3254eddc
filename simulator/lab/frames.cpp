// Ethernet, IPv4, IPv6, TCP, UDP and ICMP, as far as a first packet and its refusal go (RFC 791, 792, 4443, 8200).
#include "lab/frames.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <arpa/inet.h>

namespace tempfail::lab {

namespace {

constexpr std::size_t ethernet_size = 14;
constexpr std::size_t ipv4_size = 20;
constexpr std::size_t ipv6_size = 40;
constexpr std::size_t ports_size = 4;
constexpr std::size_t tcp_flags_at = 13;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp = 17;
constexpr std::uint8_t icmp = 1;
constexpr std::uint8_t icmpv6 = 58;
/// Of the packet that could not be delivered, so much goes back: enough for any header and the ports behind it.
constexpr std::size_t quoted_at_most = 512;

std::uint16_t number_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

/// Where the parts of a packet are in its frame.
struct Layout {
  int family = AF_INET;
  std::uint8_t protocol = 0;
  std::size_t destination = 0; ///< address
  std::size_t source = 0;
  std::size_t transport = 0; ///< TCP's or UDP's header
};

/// Without extension headers: a first packet of Linux has none.
std::optional<Layout> layout_of(Bytes frame) {
  if (frame.size() < ethernet_size) return std::nullopt;
  const std::uint16_t type = number_at(frame, 12);
  const std::size_t ip = ethernet_size;
  Layout layout;
  if (type == 0x0800 && frame.size() >= ip + ipv4_size) {
    layout.protocol = frame[ip + 9];
    layout.source = ip + 12;
    layout.destination = ip + 16;
    layout.transport = ip + std::size_t{4} * (frame[ip] & 0xfU);
  } else if (type == 0x86dd && frame.size() >= ip + ipv6_size) {
    layout.family = AF_INET6;
    layout.protocol = frame[ip + 6];
    layout.source = ip + 8;
    layout.destination = ip + 24;
    layout.transport = ip + ipv6_size;
  } else {
    return std::nullopt;
  }
  if (frame.size() < layout.transport + ports_size) return std::nullopt;
  return layout;
}

std::string address_at(Bytes frame, int family, std::size_t at) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, frame.data() + at, text.data(), text.size());
  return text.data();
}

class Packet {
 public:
  void add(std::uint8_t byte) { bytes_ += static_cast<char>(byte); }
  void add_number(std::size_t number) { // 16 bits
    add(static_cast<std::uint8_t>(number >> 8U));
    add(static_cast<std::uint8_t>(number));
  }
  void add(Bytes bytes) { bytes_.append(bytes.begin(), bytes.end()); }
  void add_address(int family, std::string_view text) {
    std::array<std::uint8_t, 16> address{};
    ::inet_pton(family, std::string(text).c_str(), address.data());
    add(Bytes(address.data(), family == AF_INET6 ? 16U : 4U));
  }
  std::size_t size() const { return bytes_.size(); }
  /// The sum of RFC 1071 over what begins at `from`, and `more` that is not in the packet.
  std::uint16_t checksum(std::size_t from, std::uint32_t more = 0) const {
    std::uint32_t sum = more;
    for (std::size_t at = from; at < bytes_.size(); at += 2) {
      const auto high = static_cast<std::uint8_t>(bytes_[at]);
      const auto low =
          at + 1 < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at + 1]) : std::uint8_t{0};
      sum += static_cast<std::uint32_t>(high << 8U | low);
    }
    while (sum > 0xffffU)
      sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
  }
  void put_number(std::size_t at, std::uint16_t number) {
    bytes_[at] = static_cast<char>(number >> 8U);
    bytes_[at + 1] = static_cast<char>(number & 0xffU);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Type and code of the ICMP message.
struct Refusal {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
};

Refusal refusal_of(int family, Unreachability unreachability) {
  const bool v6 = family == AF_INET6;
  switch (unreachability) {
  case Unreachability::host_unreachable: return v6 ? Refusal{1, 3} : Refusal{3, 1};
  case Unreachability::network_unreachable: return v6 ? Refusal{1, 0} : Refusal{3, 0};
  case Unreachability::prohibited: return v6 ? Refusal{1, 1} : Refusal{3, 13};
  case Unreachability::dropped: break;
  }
  return {};
}

/// Ethernet's header of the way back.
void turn_round(Packet& packet, Bytes frame) {
  packet.add(frame.subspan(6, 6));
  packet.add(frame.subspan(0, 6));
  packet.add(frame.subspan(12, 2));
}

void add_icmp(Packet& packet, Refusal refusal, Bytes quoted) {
  packet.add(refusal.type);
  packet.add(refusal.code);
  packet.add_number(0); // checksum
  packet.add_number(0);
  packet.add_number(0);
  packet.add(quoted);
}

constexpr std::size_t icmp_header_size = 8;

std::string over_ipv4(Bytes frame, const Layout& layout, Refusal refusal, Bytes quoted) {
  Packet packet;
  turn_round(packet, frame);
  const std::size_t header = packet.size();
  packet.add(0x45); // version 4, 20 bytes
  packet.add(0);
  packet.add_number(ipv4_size + icmp_header_size + quoted.size());
  packet.add_number(0);
  packet.add_number(0);
  packet.add(64); // hops
  packet.add(icmp);
  packet.add_number(0); // checksum
  packet.add_address(AF_INET, gateway_ipv4);
  packet.add(frame.subspan(layout.source, 4));
  packet.put_number(header + 10, packet.checksum(header));
  const std::size_t message = packet.size();
  add_icmp(packet, refusal, quoted);
  packet.put_number(message + 2, packet.checksum(message));
  return packet.take();
}

std::string over_ipv6(Bytes frame, const Layout& layout, Refusal refusal, Bytes quoted) {
  Packet packet;
  turn_round(packet, frame);
  const std::size_t size = icmp_header_size + quoted.size();
  packet.add(0x60); // version 6
  packet.add(0);
  packet.add_number(0);
  packet.add_number(size);
  packet.add(icmpv6);
  packet.add(64); // hops
  const std::size_t addresses = packet.size();
  packet.add_address(AF_INET6, gateway_ipv6);
  packet.add(frame.subspan(layout.source, 16));
  const std::size_t message = packet.size();
  add_icmp(packet, refusal, quoted);
  // The sum is over the addresses too, and over size and protocol as numbers.
  packet.put_number(message + 2,
                    packet.checksum(addresses, static_cast<std::uint32_t>(size) + icmpv6));
  return packet.take();
}

} // namespace

std::optional<ConnectionAttempt> parse_attempt(Bytes frame) {
  const auto layout = layout_of(frame);
  if (!layout) return std::nullopt;
  ConnectionAttempt result;
  if (layout->protocol == tcp) {
    constexpr std::uint8_t syn = 0x02;
    constexpr std::uint8_t ack = 0x10;
    if (frame.size() <= layout->transport + tcp_flags_at) return std::nullopt;
    if ((frame[layout->transport + tcp_flags_at] & (syn | ack)) != syn) return std::nullopt;
    result.tcp = true;
  } else if (layout->protocol != udp) {
    return std::nullopt;
  }
  result.address = address_at(frame, layout->family, layout->destination);
  result.port = number_at(frame, layout->transport + 2);
  return result;
}

std::optional<RefusedAttempt> parse_refusal(Bytes frame) {
  constexpr std::uint8_t rst_ack = 0x14;
  constexpr std::size_t sequence_at = 4;
  const auto layout = layout_of(frame);
  if (!layout || layout->protocol != tcp || frame.size() <= layout->transport + tcp_flags_at)
    return std::nullopt;
  const Bytes header = frame.subspan(layout->transport);
  // Who resets a connection that was there has a sequence number (RFC 9293 section 3.10.7.1).
  const bool no_sequence =
      number_at(header, sequence_at) == 0 && number_at(header, sequence_at + 2) == 0;
  if (header[tcp_flags_at] != rst_ack || !no_sequence) return std::nullopt;
  return RefusedAttempt{address_at(frame, layout->family, layout->source), number_at(header, 0)};
}

std::string answer_to(Bytes frame, Unreachability unreachability) {
  const auto layout = layout_of(frame);
  if (!layout || unreachability == Unreachability::dropped) return {};
  const Bytes quoted =
      frame.subspan(ethernet_size, std::min(frame.size() - ethernet_size, quoted_at_most));
  const Refusal refusal = refusal_of(layout->family, unreachability);
  return layout->family == AF_INET6 ? over_ipv6(frame, *layout, refusal, quoted)
                                    : over_ipv4(frame, *layout, refusal, quoted);
}

} // namespace tempfail::lab
