// Addresses that are equal.
#include "support/catch.hpp"
#include "wire/address.hpp"

using tempfail::wire::comparable_address;
using tempfail::wire::untagged_sender;

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

TEST_CASE("addresses_of_senders_lose_their_tags") {
  CHECK(untagged_sender("prvs=1234abcdef=joe@a.test") == "joe@a.test");
  CHECK(untagged_sender("PRVS=0=joe@a.test") == "joe@a.test");
  CHECK(untagged_sender("bounces+7@a.test") == "bounces@a.test");
  CHECK(untagged_sender("prvs=1234abcdef=joe+7@a.test") == "joe@a.test");
  // No tag, or nothing besides.
  for (const char* plain : {"joe@a.test", "+joe@a.test", "prvs=joe@a.test", "prvs=12=@a.test",
                            "joe=prvs=12=@a.test", "", "joe"})
    CHECK(untagged_sender(plain) == plain);
}

TEST_CASE("address_quotes_that_are_not_needed_are_no_part_of_it") {
  CHECK(comparable_address("\"joe\"@a.test") == "joe@a.test");
  CHECK(comparable_address("\"J\\oe.b+c\"@A.test") == "joe.b+c@a.test");
  CHECK(comparable_address("\"joe b\"@a.test") == "\"joe b\"@a.test");
  CHECK(comparable_address("\"joe@b\"@a.test") == "\"joe@b\"@a.test");
  CHECK(comparable_address("\"joe.\"@a.test") == "\"joe.\"@a.test");
  CHECK(comparable_address("\".joe\"@a.test") == "\".joe\"@a.test");
  CHECK(comparable_address("\"a..b\"@a.test") == "\"a..b\"@a.test");
  CHECK(comparable_address("\"\"@a.test") == "\"\"@a.test");
  CHECK(comparable_address("\"joe@a.test") == "\"joe@a.test"); // never closed
  CHECK(comparable_address("\"joe\\") == "\"joe\\");
}
