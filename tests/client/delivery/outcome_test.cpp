// Names go both ways, and failures without a reply get the status codes the RFCs give them.
#include "client/delivery/outcome.hpp"
#include "support/catch.hpp"

using namespace tempfail::client;

TEST_CASE("failure_names_go_both_ways") {
  for (int value = 0; value <= static_cast<int>(Failure::local); ++value) {
    const auto failure = static_cast<Failure>(value);
    CHECK(failure_from_name(name(failure)) == failure);
  }
  CHECK(name(Failure::connect_refused) == "connect-refused");
  CHECK(name(Failure::local) == "local");
  CHECK_FALSE(failure_from_name("nonsense"));
}

TEST_CASE("stage_and_fate_names_go_both_ways") {
  for (int value = 0; value <= static_cast<int>(Stage::idle); ++value) {
    CHECK(stage_from_name(name(static_cast<Stage>(value))) == static_cast<Stage>(value));
  }
  for (const Fate fate : {Fate::delivered, Fate::transient, Fate::permanent}) {
    CHECK(fate_from_name(name(fate)) == fate);
  }
}

TEST_CASE("induced_status_is_what_the_rfcs_say") {
  CHECK(induced_status(Failure::connect_refused, Fate::transient).text() == "4.4.1");
  CHECK(induced_status(Failure::connect_timeout, Fate::permanent).text() == "5.4.1");
  CHECK(induced_status(Failure::dropped, Fate::transient).text() == "4.4.2");
  CHECK(induced_status(Failure::dns_servfail, Fate::transient).text() == "4.4.3");
  CHECK(induced_status(Failure::dns_null_mx, Fate::permanent).text() == "5.1.10");
  CHECK(induced_status(Failure::dns_nxdomain, Fate::permanent).text() == "5.1.2");
  CHECK(induced_status(Failure::none, Fate::delivered).text() == "2.0.0");
}
