// What EHLO's reply offers, spelt any way.
#include "client/protocol/capabilities.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;

TEST_CASE("ehlo_keywords_are_read_in_any_case") {
  const auto all =
      Capabilities::parse({.code = 250,
                           .lines = {"mx.test greets you", "PIPELINING", "chunking", "SIZE 1000",
                                     "8BitMime", "SMTPUTF8", "DSN", "STARTTLS", "AUTH PLAIN login",
                                     "AUTH=SCRAM-SHA-256", "X-UNKNOWN 7", ""}});
  CHECK(all.pipelining);
  CHECK(all.chunking);
  CHECK(all.size);
  CHECK(all.size_limit == 1000U);
  CHECK(all.eight_bit);
  CHECK(all.smtputf8);
  CHECK(all.dsn);
  CHECK(all.starttls);
  CHECK(all.offers_auth("PLAIN"));
  CHECK(all.offers_auth("LOGIN"));
  CHECK(all.offers_auth("SCRAM-SHA-256"));
  CHECK_FALSE(all.offers_auth("CRAM-MD5"));
}

TEST_CASE("the_first_line_is_no_keyword_and_nonsense_is_passed_over") {
  const auto none =
      Capabilities::parse({.code = 250, .lines = {"PIPELINING", "XPIPELINING", "STARTTLSX"}});
  CHECK_FALSE(none.pipelining);
  CHECK_FALSE(none.starttls);
  for (const char* line :
       {"SIZE", "SIZE 0", "SIZE big", "SIZE 99999999999999999999999", "SIZE -1"}) {
    const auto sized = Capabilities::parse({.code = 250, .lines = {"mx", line}});
    CHECK(sized.size);
    CHECK_FALSE(sized.size_limit);
  }
}
