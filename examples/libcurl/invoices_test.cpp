// The three tests that everybody wants.
#ifdef CATCH2_3
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
#include "invoices.hpp"

#include <tempfail/catch2.hpp>

using namespace std::chrono_literals;

namespace {

const std::string customer = "you@example.test";

tempfail::Options role(const std::string& name) {
  tempfail::Options options;
  options.role = name;
  return options;
}

std::vector<Invoice> one_invoice() {
  return {{customer, "<1@shop.test>"}};
}

} // namespace

TEST_CASE("retried on 452") {
  tempfail::Server server{"disk-full", role("queueing")};
  const tempfail::ShowIfFailed shown{server};
  std::vector<Invoice> invoices = one_invoice();
  run_job(invoices, server.host(), server.port());
  REQUIRE(invoices[0].code == 452);
  server.advance(1h);
  run_job(invoices, server.host(), server.port());
  CHECK(server.accepted(1)[0].header("Subject") == "Your invoice");
  TEMPFAIL_REQUIRE_PASSED(server);
}

TEST_CASE("no duplicate when the connection drops after the dot") {
  tempfail::Server server{"closed-after-final-dot", role("queueing")};
  const tempfail::ShowIfFailed shown{server};
  std::vector<Invoice> invoices = one_invoice();
  for (int run = 0; run < 3; ++run) {
    run_job(invoices, server.host(), server.port());
    server.advance(1h);
  }
  REQUIRE(server.accepted().size() == 1);
  TEMPFAIL_REQUIRE_PASSED(server);
}

TEST_CASE("a 5xx reaches the user") {
  tempfail::Server server{"no-such-user", role("one-shot")};
  server.expect("billing@shop.test", {customer});
  std::vector<Invoice> invoices = one_invoice();
  run_job(invoices, server.host(), server.port());
  REQUIRE(invoices[0].state == State::failed);
  server.report({"permanent", static_cast<int>(invoices[0].code)});
  TEMPFAIL_REQUIRE_PASSED(server);
}
