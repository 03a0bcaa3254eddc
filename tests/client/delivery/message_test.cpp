// Lines, eight bits, domains, and the grouping of recipients by destination.
#include "client/delivery/deliverer.hpp"
#include "client/delivery/message.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;

TEST_CASE("normalize_lines_ends_every_line_with_crlf") {
  CHECK(normalize_lines("") == "");
  CHECK(normalize_lines("a") == "a\r\n");
  CHECK(normalize_lines("a\nb\r\nc\rd") == "a\r\nb\r\nc\r\nd\r\n");
  CHECK(normalize_lines("\n\r\n\r") == "\r\n\r\n\r\n");
}

TEST_CASE("domain_of_is_lower_case_and_may_be_missing") {
  CHECK(domain_of("Someone@Example.ORG") == "example.org");
  CHECK(domain_of("\"a@b\"@c.test") == "c.test");
  CHECK(domain_of("postmaster").empty());
}

TEST_CASE("has_eight_bit_sees_the_first_high_byte") {
  CHECK_FALSE(has_eight_bit("plain \x7f"));
  CHECK(has_eight_bit("caf\xc3\xa9"));
}

TEST_CASE("recipients_are_grouped_by_domain_unless_the_route_is_fixed") {
  const std::vector<Recipient> recipients = {
      {.address = "a@one.test"}, {.address = "b@two.test"}, {.address = "c@ONE.test"}};
  const auto by_domain = group_by_destination(recipients, {});
  REQUIRE(by_domain.size() == 2);
  CHECK(by_domain[0] == std::vector<std::size_t>{0, 2});
  CHECK(by_domain[1] == std::vector<std::size_t>{1});
  CHECK(group_by_destination(recipients, {.host = "relay.test"}) ==
        std::vector<std::vector<std::size_t>>{{0, 1, 2}});
  CHECK(group_by_destination({}, {.host = "relay.test"}).empty());
}

TEST_CASE("domain_of_is_in_a_labels") {
  CHECK(domain_of("someone@B\xc3\x9c"
                  "CHER.test") == "xn--bcher-kva.test");
  CHECK(domain_of("someone@xn--bcher-kva.test") == "xn--bcher-kva.test");
  CHECK(domain_of("someone@\xe2\x98\x83.test").empty()); // IDNA does not allow it
}
