// First packets, and the router's answers to them.
#include "lab/frames.hpp"
#include "lab/router.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace tempfail::lab;

namespace {

using Frame = std::vector<std::uint8_t>;

/// From 203.0.113.2 port 0x1234 to 192.0.2.9 port 25; `flags` are TCP's.
Frame ipv4_frame(std::uint8_t protocol, std::uint8_t flags) {
  Frame frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00};
  const Frame ip = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, protocol, 0, 0, 203, 0, 113, 2, 192, 0, 2, 9};
  const Frame tcp = {0x12, 0x34, 0,    25,    1,    2,    3, 4, 0, 0,
                     0,    0,    0x50, flags, 0xff, 0xff, 0, 0, 0, 0};
  frame.insert(frame.end(), ip.begin(), ip.end());
  frame.insert(frame.end(), tcp.begin(), tcp.end());
  return frame;
}

/// From 2001:db8:ffff::2 to 2001:db8::9.
Frame ipv6_frame(std::uint8_t flags) {
  Frame frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 64};
  const Frame source = {0x20, 1, 0x0d, 0xb8, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  const Frame target = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  const Frame tcp = {0x12, 0x34, 0,    25,    1,    2,    3, 4, 0, 0,
                     0,    0,    0x50, flags, 0xff, 0xff, 0, 0, 0, 0};
  for (const Frame* const part : {&source, &target, &tcp})
    frame.insert(frame.end(), part->begin(), part->end());
  return frame;
}

std::uint8_t byte_at(const std::string& frame, std::size_t at) {
  return static_cast<std::uint8_t>(frame.at(at));
}

/// RFC 1071 over a stretch that has its own checksum in it: 0 when that is right.
std::uint16_t sum(const std::string& frame, std::size_t from, std::size_t size,
                  std::uint32_t more) {
  std::uint32_t total = more;
  for (std::size_t i = 0; i < size; ++i)
    total += static_cast<std::uint32_t>(byte_at(frame, from + i)) << (i % 2 == 0 ? 8U : 0U);
  while (total > 0xffffU)
    total = (total & 0xffffU) + (total >> 16U);
  return static_cast<std::uint16_t>(~total);
}

constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t ack = 0x10;

} // namespace

TEST_CASE("first_packets_are_tries") {
  const auto over_ipv4 = parse_attempt(ipv4_frame(6, syn));
  REQUIRE(over_ipv4);
  CHECK(over_ipv4->address == "192.0.2.9");
  CHECK(over_ipv4->port == 25);
  CHECK(over_ipv4->tcp);
  const auto datagram = parse_attempt(ipv4_frame(17, 0));
  REQUIRE(datagram);
  CHECK_FALSE(datagram->tcp);
  const auto over_ipv6 = parse_attempt(ipv6_frame(syn));
  REQUIRE(over_ipv6);
  CHECK(over_ipv6->address == "2001:db8::9");
  CHECK(over_ipv6->port == 25);
}

TEST_CASE("what_follows_is_no_try") {
  CHECK_FALSE(parse_attempt(ipv4_frame(6, syn | ack)));
  CHECK_FALSE(parse_attempt(ipv4_frame(6, ack)));
  CHECK_FALSE(parse_attempt(ipv4_frame(1, syn)));
  CHECK_FALSE(parse_attempt(ipv6_frame(ack)));
}

TEST_CASE("a_hosts_refusal") {
  constexpr std::uint8_t rst = 0x04;
  Frame frame = ipv4_frame(6, rst | ack);
  CHECK_FALSE(parse_refusal(frame)); // it has a sequence number: a connection that was there
  std::fill_n(frame.begin() + 14 + 20 + 4, 4, std::uint8_t{0});
  const auto refused = parse_refusal(frame);
  REQUIRE(refused);
  CHECK(refused->address == "203.0.113.2"); // who sends it
  CHECK(refused->port == 0x1234);
  CHECK_FALSE(parse_attempt(frame));
  frame[14 + 20 + 13] = rst;
  CHECK_FALSE(parse_refusal(frame));
  CHECK_FALSE(parse_refusal(ipv4_frame(6, syn)));
}

TEST_CASE("frames_that_are_cut_off") {
  for (const Frame& whole : {ipv4_frame(6, syn), ipv6_frame(syn)})
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Frame part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const bool has_flags = size > whole.size() - 20 + 13;
      CHECK(parse_attempt(part).has_value() == has_flags);
      CHECK_FALSE(parse_refusal(part));
      answer_to(part, Unreachability::host_unreachable);
    }
}

TEST_CASE("router_answers_over_ipv4") {
  const Frame asked = ipv4_frame(6, syn);
  const std::string answer = answer_to(asked, Unreachability::network_unreachable);
  REQUIRE(answer.size() == 14 + 20 + 8 + 40);
  CHECK(answer.substr(0, 6) ==
        std::string(asked.begin() + 6, asked.begin() + 12)); // back to who asked
  CHECK(sum(answer, 14, 20, 0) == 0);
  CHECK(sum(answer, 34, answer.size() - 34, 0) == 0);
  CHECK(byte_at(answer, 34) == 3);
  CHECK(byte_at(answer, 35) == 0);
  CHECK(answer.substr(42) == std::string(asked.begin() + 14, asked.end()));
  CHECK(byte_at(answer_to(asked, Unreachability::host_unreachable), 35) == 1);
  CHECK(byte_at(answer_to(asked, Unreachability::prohibited), 35) == 13);
  CHECK(answer_to(asked, Unreachability::dropped).empty());
}

TEST_CASE("router_answers_over_ipv6") {
  const Frame asked = ipv6_frame(syn);
  const std::string answer = answer_to(asked, Unreachability::host_unreachable);
  REQUIRE(answer.size() == 14 + 40 + 8 + 60);
  // Over the addresses, the message, its size and its protocol.
  CHECK(sum(answer, 22, answer.size() - 22, 8 + 60 + 58) == 0);
  CHECK(byte_at(answer, 54) == 1);
  CHECK(byte_at(answer, 55) == 3);
  CHECK(byte_at(answer_to(asked, Unreachability::network_unreachable), 55) == 0);
  CHECK(byte_at(answer_to(asked, Unreachability::prohibited), 55) == 1);
}

TEST_CASE("addresses_where_nobody_is") {
  CHECK(unreachability_of("198.51.100.251") == Unreachability::host_unreachable);
  CHECK(unreachability_of("198.51.100.254") == Unreachability::dropped);
  CHECK(unreachability_of("2001:db8::253") == Unreachability::prohibited);
  CHECK(unreachability_of("8.8.8.8") == Unreachability::network_unreachable);
}
