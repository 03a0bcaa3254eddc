// How a verdict is put together: what a finding says of its rule, which rules are judged, what ends a verdict early,
// and when a watch has seen all that there is to see.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

std::size_t count(const CaseVerdict& verdict, std::string_view rule) {
  return static_cast<std::size_t>(
      std::count_if(verdict.findings.begin(), verdict.findings.end(),
                    [rule](const Finding& one) { return one.rule == rule; }));
}

Conversation delivered() {
  Conversation talk;
  talk.handover().sender_started().session(1, 1s).ehlo().deliver().sender_ended(0);
  return talk;
}

} // namespace

TEST_CASE("judge_parts_a_finding_says_of_its_rule_what_the_table_says") {
  const CaseVerdict verdict =
      judge(test::expecting({test::must("retry"), test::should("jitter")}), delivered().journal());
  REQUIRE(verdict.findings.size() > 10);
  for (const Finding& finding : verdict.findings) {
    INFO(finding.rule);
    const RuleInfo* const rule = rule_info(finding.rule);
    REQUIRE(rule != nullptr);
    CHECK(finding.requirement == rule->requirement);
    CHECK(finding.source == rule->source);
    CHECK(finding.keyword == rule->keyword);
    CHECK(finding.level == rule->level);
    CHECK(finding.reason == rule->reason);
  }
}

TEST_CASE("judge_parts_what_is_always_judged_is_judged_once") {
  for (const auto* name : {"retry", "no-duplicate", "notified", "no-report-about-reports"}) {
    INFO(name);
    const CaseVerdict verdict =
        judge(test::expecting({name == std::string_view("notified")
                                   ? test::must("notified", std::string("failed"))
                                   : test::must(name)}),
              delivered().journal());
    CHECK(count(verdict, name) == 1);
    for (const RuleInfo& rule : rules())
      if (rule.always && rule.id != "notified") CHECK(count(verdict, rule.id) == 1);
    // Where the notification itself fails, nobody is asked for one that arrives.
    CHECK(count(verdict, "notified") ==
          (name == std::string_view("no-report-about-reports") ? 0 : 1));
  }
}

TEST_CASE("judge_parts_who_needs_tls_is_asked_once_to_say_nothing_in_clear_text") {
  using scenario::TlsPolicy;
  const auto found = [](TlsPolicy policy, std::vector<scenario::Expectation> expected) {
    return count(
        judge(test::expecting(std::move(expected)), delivered().journal(), test::told(policy)),
        "protected");
  };
  CHECK(found(TlsPolicy::opportunistic, {}) == 0);
  CHECK(found(TlsPolicy::required, {}) == 1);
  CHECK(found(TlsPolicy::required, {test::must("protected")}) == 1);
  CHECK(found(TlsPolicy::opportunistic, {test::must("protected")}) == 1);
}

TEST_CASE("judge_parts_what_was_expected_of_one_recipient_ends_with_that_expectation") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}).sender_started();
  talk.session(1, 1s).ehlo().mail().rcpt().rcpt("250 Ok", "c@rcpt.test");
  talk.data().content().message().quit();
  talk.session(2, 40min).ehlo().mail().rcpt("250 Ok", "c@rcpt.test");
  talk.data().content().message().quit();
  scenario::Expectation once = test::must("delivered", std::string("once"));
  once.recipient = "b@rcpt.test";
  const CaseVerdict verdict = judge(test::expecting({once}), talk.journal());
  CHECK(test::finding(verdict, "delivered").outcome == Outcome::pass);
  CHECK(test::finding(verdict, "no-duplicate").outcome == Outcome::fail);
}

TEST_CASE("judge_parts_a_case_that_could_not_be_run_or_is_not_claimed_has_no_findings") {
  Conversation broken;
  broken.handover().sender_started().sender_ended(127);
  const CaseVerdict trouble = judge(test::expecting({test::must("retry")}), broken.journal());
  CHECK_FALSE(trouble.run_error.empty());
  CHECK(trouble.findings.empty());

  journal::event::Run run;
  run.without = "smtputf8";
  scenario::Scenario utf8 = test::expecting({test::must("retry")});
  utf8.test.smtputf8 = true;
  const CaseVerdict unclaimed = judge(utf8, delivered().run(run).journal());
  CHECK(unclaimed.not_applicable == "the sender does not use SMTPUTF8 (--without smtputf8)");
  CHECK(unclaimed.findings.empty());
  // Who claims it, or is not asked for it, is judged.
  CHECK_FALSE(judge(utf8, delivered().journal()).findings.empty());
  CHECK_FALSE(judge(test::expecting({}), delivered().run(run).journal()).findings.empty());
}

TEST_CASE("judge_parts_what_was_met_says_no_reason_why_not") {
  const CaseVerdict met = judge(test::expecting({}), delivered().journal());
  CHECK(met.met);
  CHECK(met.not_met.empty());
  scenario::Scenario other = test::expecting({});
  other.server.rules.emplace_back();
  const CaseVerdict unmet = judge(other, delivered().journal());
  CHECK_FALSE(unmet.met);
  CHECK(unmet.not_met == "the failure had no effect on this sender");
}

TEST_CASE("judge_parts_an_expectation_without_a_rule_is_trouble") {
  const CaseVerdict verdict = judge(test::expecting({test::must("flies")}), delivered().journal());
  CHECK(verdict.run_error == "the scenario expects `flies`, but no such rule exists");
}

TEST_CASE("judge_parts_what_must_not_happen_is_open_to_the_end_of_the_watch") {
  const auto is_open = [](const scenario::Expectation& one) {
    return is_open_ended(test::expecting({one}), scenario::TlsPolicy::opportunistic);
  };
  for (const auto* name :
       {"no-retry", "gives-up", "stops-loop", "no-report-about-reports", "not-asked"})
    CHECK(is_open(test::must(name)));
  CHECK(is_open(test::must("delivered", std::string("never"))));
  for (const auto* name : {"retry", "jitter", "notified", "asked", "no-duplicate"})
    CHECK_FALSE(is_open(test::must(name)));
  for (const auto* word : {"once", "at-least-once"})
    CHECK_FALSE(is_open(test::must("delivered", std::string(word))));
  CHECK_FALSE(is_open(test::must("notified", std::string("never"))));
}

TEST_CASE("judge_parts_settled_where_every_recipient_has_the_message") {
  const auto is_settled = [](bool first, bool second) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}).session(1, 0s).ehlo().mail();
    talk.rcpt(first ? "250 Ok" : "452 Full").rcpt(second ? "250 Ok" : "452 Full", "c@rcpt.test");
    if (first || second) talk.data().content().message();
    talk.quit();
    return settled(test::expecting({}), talk.journal());
  };
  CHECK(is_settled(true, true));
  CHECK_FALSE(is_settled(true, false));
  CHECK_FALSE(is_settled(false, true));
  CHECK_FALSE(is_settled(false, false));
  // Nobody came, and nothing was handed over: there is all still to see.
  CHECK_FALSE(settled(test::expecting({}), Conversation().finish(1h).journal()));
}

TEST_CASE("judge_parts_settled_when_all_messages_have_come_that_the_sender_knows_of") {
  const auto is_settled = [](std::uint32_t sent, bool offers) {
    scenario::Scenario scenario = test::expecting({});
    scenario.test.messages = 3;
    Conversation talk;
    for (std::uint32_t i = 1; i <= 3; ++i) {
      talk.handover(std::to_string(i), {"b@rcpt.test"}, "a@sender.test", {},
                    "m" + std::to_string(i));
      if (offers && i > 1) talk.offer_last();
    }
    for (std::uint32_t i = 1; i <= sent; ++i)
      talk.session(i, i * 1min).ehlo().deliver("m" + std::to_string(i));
    return settled(scenario, talk.journal());
  };
  CHECK(is_settled(3, false));
  CHECK_FALSE(is_settled(1, false));
  CHECK_FALSE(is_settled(0, false));
  CHECK(is_settled(1, true)); // it knew of no other
  CHECK_FALSE(is_settled(2, true));
  CHECK_FALSE(is_settled(0, true));
}
