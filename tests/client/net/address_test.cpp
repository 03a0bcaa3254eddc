// Address literals as they stand in routes and in addresses.
#include "client/net/address.hpp"
#include "client/net/own_addresses.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;

TEST_CASE("address_literals_are_read_in_every_form") {
  CHECK(Address::parse("192.0.2.1")->ip == "192.0.2.1");
  CHECK(Address::parse("[192.0.2.1]")->ip == "192.0.2.1");
  CHECK(Address::parse("[IPv6:2001:DB8::1]") == Address{.ip = "2001:db8::1", .v6 = true});
  CHECK(Address::parse("::1")->v6);
  for (const char* text : {"", "mx.test", "192.0.2", "192.0.2.256", "[mx.test]"}) {
    CHECK_FALSE(Address::parse(text));
  }
  CHECK(with_port({.ip = "192.0.2.1"}, 25) == "192.0.2.1:25");
  CHECK(with_port({.ip = "::1", .v6 = true}, 2525) == "[::1]:2525");
}

TEST_CASE("own_addresses_are_those_of_the_devices_and_the_ones_that_stand_for_all") {
  for (const char* text : {"127.0.0.1", "0.0.0.0", "::"}) {
    INFO(text);
    CHECK(is_own_address(*Address::parse(text)));
  }
  for (const char* text : {"127.0.0.2", "192.0.2.1", "2001:db8::1"}) {
    INFO(text);
    CHECK_FALSE(is_own_address(*Address::parse(text)));
  }
}
