// Addresses that are equal.
#include "support/catch.hpp"
#include "wire/address.hpp"

using tempfail::wire::comparable_address;

TEST_CASE("addresses_are_equal_in_both_forms") {
  CHECK(comparable_address("A@b\xc3\xbc"
                           "cher.test") == comparable_address("a@xn--bcher-kva.TEST"));
  CHECK(comparable_address("Somebody@Example.TEST") == "somebody@example.test");
  CHECK(comparable_address("empf\xc3\xa4nger@a.test") ==
        "empf\xc3\xa4nger@a.test"); // a local part has one form
  CHECK(comparable_address("\xc3\xa4@b\xc3\xbc"
                           "cher.test") == "\xc3\xa4@xn--bcher-kva.test");
  CHECK(comparable_address("a@\xe2\x98\x83.test") == "a@\xe2\x98\x83.test"); // as it is
  CHECK(comparable_address("b\xc3\xbc"
                           "cher") == "b\xc3\xbc"
                                      "cher");
  CHECK(comparable_address("").empty());
}
