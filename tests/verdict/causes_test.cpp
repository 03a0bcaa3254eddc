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
  drop_consequences(findings);
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
  const auto told = [](const std::vector<std::string>& recipients) {
    std::vector<Finding> findings = {failed("reports-failure", ""), failed("notified", "b@*")};
    for (const std::string& recipient : recipients)
      findings[0].violations.push_back({{{"1", recipient}}, "broken", {}, {}});
    drop_consequences(findings);
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

namespace {

/// Of each delivery, what is said of it.
Violation break_of(const char* message, const char* recipient, const char* near_miss = "") {
  return {{{message, recipient}}, std::string(recipient) + " is broken", near_miss, {}};
}

} // namespace

TEST_CASE("cause_leaves_what_is_broken_for_others") {
  std::vector<Finding> findings = {failed("retry", ""), failed("delivered", "")};
  findings[0].violations = {break_of("1", "b@rcpt.test")};
  findings[1].violations = {break_of("1", "b@rcpt.test"), break_of("1", "c@rcpt.test"),
                            break_of("2", "b@rcpt.test")};
  drop_consequences(findings);
  CHECK(findings[0].rule == "retry");
  CHECK(findings[1].outcome == Outcome::fail);
  CHECK(findings[1].actual == "c@rcpt.test is broken (and 1 more of the same kind)");
}

TEST_CASE("cause_and_another_tell_all_of_a_consequence") {
  std::vector<Finding> findings = {failed("retry", ""), failed("delivered", ""),
                                   failed("reports-failure", "")};
  findings[0].violations = {break_of("1", "b@rcpt.test")};
  findings[1].violations = {break_of("1", "c@rcpt.test")};
  findings[2].violations = {break_of("1", "b@rcpt.test"), break_of("1", "c@rcpt.test")};
  drop_consequences(findings);
  CHECK(findings[2].rule == "reports-failure");
  CHECK(findings[2].actual == "see `delivered`");
}

TEST_CASE("cause_no_duplicate_tells_of_copies_and_not_of_what_never_came") {
  std::vector<Finding> findings = {failed("delivered", ""), failed("no-duplicate", "")};
  findings[0].violations = {break_of("1", "b@rcpt.test", "1 too many"),
                            break_of("1", "c@rcpt.test")};
  findings[1].violations = {break_of("1", "b@rcpt.test"), break_of("1", "c@rcpt.test")};
  drop_consequences(findings);
  CHECK(findings[0].rule == "delivered");
  CHECK(findings[0].actual == "c@rcpt.test is broken");
  findings = {failed("delivered", ""), failed("no-duplicate", "")};
  findings[0].violations = {break_of("1", "b@rcpt.test", "1 too many")};
  findings[1].violations = {break_of("1", "b@rcpt.test")};
  drop_consequences(findings);
  CHECK(findings[1].actual == "see `no-duplicate`");
}

TEST_CASE("cause_line_ends_tells_of_dots_and_of_no_other_content") {
  const auto content = [](const char* actual) {
    std::vector<Finding> findings = {failed("content", ""), failed("line-ends", "")};
    findings[0].actual = actual;
    findings[0].violations = {{{{"1", "b@rcpt.test"}}, actual, {}, {}}};
    drop_consequences(findings);
    return findings[0].rule == "content" ? findings[0].actual : findings[1].actual;
  };
  CHECK(content("the line that begins with a dot has more than one") == "see `line-ends`");
  CHECK(content("it lacks its end") == "it lacks its end");
}
