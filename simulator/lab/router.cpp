// A packet socket that sees first packets only.
#include "lab/router.hpp"

#include "lab/missing.hpp"
#include "lab/netlink.hpp"

#include <array>
#include <cerrno>
#include <cstdint>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

namespace tempfail::lab {

namespace {

/// Frames taken in one go, so that a flood of them leaves time for others.
constexpr int at_once = 256;

constexpr sock_filter load_half(std::uint32_t at) {
  return {BPF_LD | BPF_H | BPF_ABS, 0, 0, at};
}
constexpr sock_filter load_byte(std::uint32_t at) {
  return {BPF_LD | BPF_B | BPF_ABS, 0, 0, at};
}
constexpr sock_filter if_equal(std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return {BPF_JMP | BPF_JEQ | BPF_K, yes, no, value};
}
constexpr sock_filter keep(std::uint32_t bytes) {
  return {BPF_RET | BPF_K, 0, 0, bytes};
}

constexpr sock_filter if_any_bit(std::uint32_t bits, std::uint8_t yes, std::uint8_t no) {
  return {BPF_JMP | BPF_JSET | BPF_K, yes, no, bits};
}

/// SYNs without ACK, RSTs, and UDP: what else goes over the cable is not even copied. Jumps count what they leave out.
constexpr std::array<sock_filter, 17> first_packets = {{
    load_half(12),
    if_equal(ETH_P_IP, 0, 6),                  // 1: else to 8
    load_byte(14 + 9),                         // protocol of IPv4
    if_equal(IPPROTO_UDP, 12, 0),              // 3: to 16
    if_equal(IPPROTO_TCP, 0, 10),              // 4: else to 15
    {BPF_LDX | BPF_B | BPF_MSH, 0, 0, 14},     // X: size of its header
    {BPF_LD | BPF_B | BPF_IND, 0, 0, 14 + 13}, // flags
    {BPF_JMP | BPF_JA, 0, 0, 4},               // 7: to 12
    if_equal(ETH_P_IPV6, 0, 6),                // 8: else to 15
    load_byte(14 + 6),                         // protocol of IPv6
    if_equal(IPPROTO_UDP, 5, 0),               // 10: to 16
    load_byte(14 + 40 + 13), // flags, if it is TCP; who else has these bits is looked at again
    if_any_bit(0x04, 3, 0),  // 12: RST: to 16
    {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0x12}, // SYN and ACK
    if_equal(0x02, 1, 0),                    // 14: SYN alone: to 16
    keep(0),                                 // 15
    keep(65535),                             // 16
}};

} // namespace

Unreachability unreachability_of(std::string_view address) {
  for (const DeadAddress& dead : dead_addresses)
    if (dead.address == address) return dead.unreachability;
  return Unreachability::network_unreachable;
}

Router::Router(std::string_view device)
    : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  if (socket_.get() < 0) throw_unavailable(LabStep::router, errno);
  auto filter = first_packets;
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = device_index(socket_.get(), device);
  // Bound last: before, it sees nothing.
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
      ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw_unavailable(LabStep::router, errno);
}

void Router::add_host(std::string_view address) {
  hosts_.insert(std::string(address));
  if (const auto found = cut_off_.find(address); found != cut_off_.end()) cut_off_.erase(found);
}

void Router::cut_off(std::string_view address, Unreachability unreachability) {
  if (const auto found = hosts_.find(address); found != hosts_.end()) hosts_.erase(found);
  cut_off_.insert_or_assign(std::string(address), unreachability);
}

void Router::answer(const std::function<void(const RefusedAttempt&)>& refused) {
  std::array<std::uint8_t, 2048> buffer{};
  for (int i = 0; i < at_once; ++i) {
    sockaddr_ll from{};
    socklen_t from_size = sizeof from;
    const ssize_t size = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0 && errno != EINTR) return;
    if (size <= 0) continue;
    const Bytes frame(buffer.data(), static_cast<std::size_t>(size));
    if (from.sll_pkttype != PACKET_OUTGOING)
      answer_one(frame, refused);
    else if (const auto host = parse_refusal(frame); host && refused)
      refused(*host);
  }
}

void Router::answer_one(Bytes frame,
                        const std::function<void(const RefusedAttempt&)>& refused) const {
  const auto seen = parse_attempt(frame);
  if (!seen || hosts_.contains(seen->address)) return;
  const auto host = cut_off_.find(seen->address);
  const Unreachability unreachability =
      host == cut_off_.end() ? unreachability_of(seen->address) : host->second;
  const std::string answer = answer_to(frame, unreachability);
  if (host != cut_off_.end() && seen->tcp && !answer.empty() && refused)
    refused({seen->address, seen->port});
  // A reply that is lost is asked for again.
  if (!answer.empty()) ::send(socket_.get(), answer.data(), answer.size(), 0);
}

} // namespace tempfail::lab
