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

TEST_CASE("cause_for_one_recipient_is_none_for_another") {
  CHECK(consequence("b@*", "b@*") == "see `retry`");
  CHECK(consequence("b@*", "c@*") == "broken");
  CHECK(consequence("b@*", "") == "broken");
}
