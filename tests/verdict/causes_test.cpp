// One fault is told once, of whomever it speaks.
#include "support/catch.hpp"
#include "verdict/causes.hpp"

using namespace tempfail::verdict;

namespace {

Finding failed(const char* rule, const char* recipients) {
  Finding finding;
  finding.rule = rule;
  finding.recipients = recipients;
  finding.outcome = Outcome::fail;
  finding.actual = "broken";
  return finding;
}

/// What is said of `delivered` for these recipients after `retry` failed for those.
std::string consequence(const char* of_retry, const char* of_delivered) {
  std::vector<Finding> findings = {failed("delivered", of_delivered), failed("retry", of_retry)};
  tell_once(findings);
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].rule == "retry"); // the cause comes first
  return findings[1].actual;
}

} // namespace

TEST_CASE("cause_for_everybody_is_one_for_each") {
  CHECK(consequence("", "") == "see `retry`");
  CHECK(consequence("", "b@*") == "see `retry`");
}

TEST_CASE("cause_for_one_recipient_is_one_of_what_is_broken_for_that_recipient_alone") {
  const auto told = [](std::vector<std::string> broken_for) {
    std::vector<Finding> findings = {failed("reports-failure", ""), failed("notified", "b@*")};
    findings[0].broken_for = std::move(broken_for);
    tell_once(findings);
    return findings[1].actual;
  };
  CHECK(told({"b@rcpt.test"}) == "see `notified`");
  CHECK(told({"b@rcpt.test", "b@other.test"}) == "see `notified`");
  CHECK(told({"b@rcpt.test", "c@rcpt.test"}) == "broken");
  CHECK(told({}) == "broken"); // not known
}

TEST_CASE("cause_for_one_recipient_is_none_for_another") {
  CHECK(consequence("b@*", "b@*") == "see `retry`");
  CHECK(consequence("b@*", "c@*") == "broken");
  CHECK(consequence("b@*", "") == "broken");
}
