// Networks of clients, IPv4 and IPv6.
#include "scenario/address_range.hpp"
#include "support/catch.hpp"

using namespace tempfail::scenario;

TEST_CASE("an address lies in its ranges", "[address_range]") {
  CHECK(address_range_contains("127.0.0.2", "127.0.0.2"));
  CHECK_FALSE(address_range_contains("127.0.0.2", "127.0.0.3"));
  CHECK(address_range_contains("10.0.0.0/8", "10.255.1.2"));
  CHECK_FALSE(address_range_contains("10.0.0.0/8", "11.0.0.0"));
  CHECK(address_range_contains("192.0.2.77/31", "192.0.2.76"));
  CHECK(address_range_contains("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(address_range_contains("0.0.0.0/0", "::1"));
  CHECK(address_range_contains("::/0", "::1"));
  CHECK(address_range_contains("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(address_range_contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST_CASE("an IPv4 client on an IPv6 socket is the same client", "[address_range]") {
  CHECK(address_range_contains("127.0.0.0/8", "::ffff:127.0.0.1"));
}

TEST_CASE("malformed ranges are refused", "[address_range]") {
  for (const char* text : {"", "localhost", "127.0.0", "127.0.0.1/33", "127.0.0.1/", "127.0.0.1/x",
                           "127.0.0.1/8x", "::1/129", "127.0.0.1/-1", "1.2.3.4.5"})
    CHECK_FALSE(parse_address_range(text));
}

TEST_CASE("the range of an address is its key", "[address_range]") {
  CHECK(address_range_of("192.0.2.77", 24, 64) == "192.0.2.0/24");
  CHECK(address_range_of("2001:db8:1:2:3::4", 24, 64) == "2001:db8:1:2::/64");
  CHECK(address_range_of("::ffff:192.0.2.77", 24, 64) == "192.0.2.0/24");
  CHECK(address_range_of("nonsense", 24, 64) == "nonsense");
}
