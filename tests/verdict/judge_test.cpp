// Whole verdicts: what decides a case, when nothing can be judged, and when the watch may end.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using std::chrono::hours;
using std::chrono::minutes;
using test::Conversation;
using test::expecting;
using test::finding;
using test::must;
using test::should;

namespace {

const scenario::Scenario retry_once =
    expecting({must("retry"), must("delivered", std::string("once")),
               should("first-retry", scenario::Range<Duration>{minutes(30), hours(4)})});

} // namespace

TEST_CASE("judge_good_sender_passes_strictly") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().refused();
  talk.session(2, minutes(35)).ehlo().deliver();
  const CaseVerdict verdict = judge(retry_once, talk.journal());
  REQUIRE(verdict.answer(true) == Answer::ok);
  REQUIRE(verdict.scenario == "case");
  REQUIRE(verdict.family == "tests");
  REQUIRE(verdict.watched > minutes(35));
  REQUIRE(verdict.findings[0].rule == "retry"); // the scenario's own first, in its order
  REQUIRE(verdict.findings[1].rule == "delivered");
  REQUIRE(finding(verdict, "first-retry").evidence.empty());
}

TEST_CASE("judge_says_what_the_test_wanted_and_did_not_get") {
  scenario::Scenario three = retry_once;
  three.test.recipients = 3;
  Conversation one;
  one.sender_started().session(1, minutes(0)).ehlo().deliver().sender_ended(0);
  const CaseVerdict verdict = judge(three, one.journal());
  CHECK(verdict.answer(false) == Answer::undecided);
  REQUIRE(verdict.findings.size() == 1);
  CHECK(finding(verdict, "delivered").actual ==
        "the scenario needs 3 recipients, and 1 was seen: where the command has {recipient}, say "
        "{recipients}");

  // A sender that stops at the first refusal has shown what it does.
  Conversation refused;
  refused.sender_started().session(1, minutes(0)).ehlo().refused().sender_ended(1);
  CHECK(judge(three, refused.journal()).findings.size() > 1);
  // Nobody asked a sender that met tempfail serve to send anything.
  Conversation served;
  served.session(1, minutes(0)).ehlo().deliver();
  CHECK(judge(three, served.journal()).findings.size() > 1);

  scenario::Scenario large = retry_once;
  large.test.message.size = 100'000;
  CHECK(finding(judge(large, one.journal()), "delivered").actual ==
        "the message seen (500 bytes) is not the one given: send the file {message}");
}

TEST_CASE("judge_should_decides_only_strictly") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().refused();
  talk.session(2, minutes(1)).ehlo().deliver();
  const CaseVerdict verdict = judge(retry_once, talk.journal());
  REQUIRE(verdict.answer(false) == Answer::ok_but);
  REQUIRE(verdict.answer(true) == Answer::fail);
  const Finding early = finding(verdict, "first-retry");
  REQUIRE(early.outcome == Outcome::fail);
  REQUIRE(early.expected == "30m to 4h after the first failure");
  REQUIRE(early.near_miss == "29m too early");
  REQUIRE(early.evidence.size() == 2);
  REQUIRE(early.evidence[0].session == 1);
  REQUIRE(early.evidence[0].text == "MAIL FROM:<a@sender.test> -> 452 4.3.1 Full");
}

TEST_CASE("judge_a_connection_that_says_nothing_passes_no_expectation") {
  Conversation talk;
  talk.session(1, minutes(0)).quit();
  const CaseVerdict verdict = judge(retry_once, talk.journal());
  REQUIRE(verdict.answer(false) == Answer::fail);
  for (const auto* rule : {"retry", "delivered", "first-retry"})
    REQUIRE(finding(verdict, rule).outcome == Outcome::fail);
}

TEST_CASE("judge_sender_that_heeds_size_need_not_try") {
  scenario::Scenario limited =
      expecting({must("no-retry"), must("delivered", std::string("never"))});
  limited.server.size_limit = 64 << 10;
  limited.test.message.size = 128 << 10;
  Conversation talk;
  talk.sender_started().session(1, minutes(1)).ehlo("250-mx\r\n250 SIZE 65536").quit();
  // The notification is no delivery of the message, although the message itself was never seen.
  talk.session(2, minutes(2)).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
  talk.data().content("bounce@sender.test").message().quit();
  REQUIRE(judge(limited, talk.journal()).answer(false) == Answer::ok);

  limited.test.message.size = 1 << 10;
  REQUIRE(finding(judge(limited, talk.journal()), "no-retry").outcome == Outcome::fail);
  limited.test.message.size = 128 << 10;
  talk.session(3, minutes(3)).ehlo().deliver();
  REQUIRE(judge(limited, talk.journal()).answer(false) == Answer::fail);
}

TEST_CASE("judge_no_expectation_is_ever_not_applicable") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().deliver();
  for (const auto& kind : scenario::expectation_kinds()) {
    INFO(kind.name);
    scenario::ExpectationValue value;
    if (kind.type == scenario::ExpectationType::word) value = std::string(kind.words[0]);
    if (kind.type == scenario::ExpectationType::duration_range)
      value = scenario::Range<Duration>{minutes(1), hours(1)};
    if (kind.type == scenario::ExpectationType::count_range)
      value = scenario::Range<std::uint64_t>{1, 1};
    if (kind.type == scenario::ExpectationType::durations) value = std::vector<Duration>{hours(1)};
    const CaseVerdict verdict =
        judge(expecting({must(std::string(kind.name), value)}), talk.journal());
    REQUIRE(finding(verdict, kind.name).outcome != Outcome::not_applicable);
    REQUIRE_FALSE(finding(verdict, kind.name).actual.empty());
  }
}

TEST_CASE("judge_breach_fails_a_case_that_expects_nothing_of_the_kind") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().deliver();
  std::string text = talk.text();
  const std::size_t at = text.find("\"size\":500");
  text.insert(at + 10, ",\"breaches\":[\"bare-lf-content\"]");
  const auto scenario = expecting({must("delivered", std::string("once"))});
  REQUIRE(judge(scenario, talk.journal()).answer(false) == Answer::ok);
  const CaseVerdict verdict = judge(scenario, journal::Journal::decode(text));
  REQUIRE(verdict.answer(false) == Answer::fail);
  REQUIRE(finding(verdict, "line-ends").outcome == Outcome::fail);
}

TEST_CASE("judge_an_expectation_sets_the_level_of_a_rule_that_is_always_judged") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().mail("421 Bye").rcpt("421 Bye").quit();
  talk.session(2, minutes(40)).ehlo().deliver();
  REQUIRE(judge(expecting({}), talk.journal()).answer(false) == Answer::ok_but);
  REQUIRE(judge(expecting({}), talk.journal()).answer(true) == Answer::fail);
  const scenario::Scenario strictly = expecting({must("closes-after-421")});
  REQUIRE(judge(strictly, talk.journal()).answer(false) == Answer::fail);
}

TEST_CASE("judge_fewer_messages_than_runs_is_a_failure") {
  auto scenario = expecting({must("delivered", std::string("once"))});
  scenario.test.runs = 2;
  Conversation talk;
  talk.sender_started();
  talk.session(1, minutes(0)).ehlo().deliver();
  const CaseVerdict verdict = judge(scenario, talk.journal());
  REQUIRE(verdict.answer(false) == Answer::fail);
  REQUIRE(finding(verdict, "delivered").actual == "only 1 of 2 messages were seen");
}

TEST_CASE("waits_is_kept_by_who_is_there_when_the_answer_comes") {
  auto scenario = expecting({must("waits", scenario::Range<Duration>{minutes(5), std::nullopt})});
  scenario::Rule late;
  late.line = 7;
  late.actions = {scenario::action::Delay{minutes(6), minutes(6)}};
  scenario.server.rules = {late};
  Conversation talk;
  talk.session(1, minutes(0)).ehlo();
  talk.exchange(Stage::mail, "MAIL FROM:<a@sender.test>", "250 Ok", "delay", 7);
  Conversation patient = talk;
  patient.wait(minutes(6)).rcpt().data().content().message().quit();
  REQUIRE(finding(judge(scenario, patient.journal()), "waits").actual ==
          "was there when an answer came after 6m at stage mail");
  Conversation hasty = talk;
  hasty.wait(minutes(4)).end(EndedBy::client_closed, Stage::mail);
  const Finding hurried = finding(judge(scenario, hasty.journal()), "waits");
  REQUIRE(hurried.outcome == Outcome::fail);
  REQUIRE(hurried.near_miss == "1m too early");
}

TEST_CASE("settled_when_everything_arrived_and_the_sender_hung_up") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().refused();
  REQUIRE_FALSE(settled(retry_once, talk.journal()));
  talk.session(2, minutes(35)).ehlo().mail().rcpt().data().content();
  REQUIRE_FALSE(settled(retry_once, talk.journal()));
  talk.message();
  REQUIRE_FALSE(settled(retry_once, talk.journal()));
  talk.quit();
  REQUIRE(settled(retry_once, talk.journal()));
}

TEST_CASE("settled_never_while_something_must_not_happen") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().deliver();
  REQUIRE_FALSE(settled(expecting({must("no-retry")}), talk.journal()));
  REQUIRE_FALSE(settled(expecting({must("delivered", std::string("never"))}), talk.journal()));
  REQUIRE(settled(expecting({must("delivered", std::string("at-least-once"))}), talk.journal()));
}

TEST_CASE("settled_waits_for_every_run_and_recipient") {
  auto scenario = expecting({must("delivered", std::string("once"))});
  scenario.test.recipients = 2;
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().deliver();
  REQUIRE_FALSE(settled(scenario, talk.journal()));
  talk.session(2, minutes(1)).ehlo().mail().rcpt("250 Ok", "c@rcpt.test");
  talk.data().content().message().quit();
  REQUIRE(settled(scenario, talk.journal()));
}

TEST_CASE("settled_waits_for_what_follows_an_unheard_acceptance") {
  const auto scenario = expecting({must("delivered", std::string("at-least-once"))});
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().mail().rcpt().data().content().silence("accept reset", true);
  talk.end(EndedBy::server, Stage::message);
  REQUIRE_FALSE(settled(scenario, talk.journal()));
  talk.session(2, minutes(40)).ehlo().deliver();
  REQUIRE(settled(scenario, talk.journal()));
}
