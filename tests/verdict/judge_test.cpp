// Whole verdicts: what decides a case, when nothing can be judged, and when the watch may end.
#include "conversation.hpp"
#include "findings.hpp"

#include <array>

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

TEST_CASE("judge_says_which_recipients_were_never_tried") {
  Conversation one;
  one.handover("1", {"b@rcpt.test", "c@rcpt.test", "d@rcpt.test"}).sender_started();
  one.session(1, minutes(0)).ehlo().deliver().sender_ended(0);
  const CaseVerdict verdict = judge(retry_once, one.journal());
  CHECK(verdict.answer(false) == Answer::fail);
  CHECK(finding(verdict, "delivered").actual ==
        "the message for c@rcpt.test was never tried (in the command, use {recipients} instead of "
        "{recipient}) "
        "(and 1 more of the same kind)");
  // Where the second one was tried, the command was told of more than one.
  Conversation two;
  two.handover("1", {"b@rcpt.test", "c@rcpt.test", "d@rcpt.test"}).sender_started();
  two.session(1, minutes(0)).ehlo().mail().rcpt().rcpt("250 Ok", "c@rcpt.test");
  two.data().content().message().quit().sender_ended(0);
  CHECK(finding(judge(retry_once, two.journal()), "delivered").actual ==
        "the message for d@rcpt.test was never tried");
  // Nobody asked a sender that met tempfail serve to send anything.
  Conversation served;
  served.session(1, minutes(0)).ehlo().deliver();
  CHECK(finding(judge(retry_once, served.journal()), "delivered").outcome == Outcome::pass);
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
  REQUIRE(early.expected == "the first retry comes 30m to 4h after the failure");
  REQUIRE(early.near_miss == "29m too early");
  REQUIRE(early.evidence.size() == 2);
  REQUIRE(early.evidence[0].session == 1);
  REQUIRE(early.evidence[0].text == "MAIL FROM:<a@sender.test> -> 452 4.3.1 Full");
}

TEST_CASE("judge_a_connection_that_says_nothing_meets_no_expectation") {
  Conversation talk;
  talk.session(1, minutes(0)).quit();
  const CaseVerdict verdict = judge(retry_once, talk.journal());
  REQUIRE(verdict.answer(false) == Answer::not_met);
  for (const auto* rule : {"retry", "delivered", "first-retry"})
    REQUIRE(finding(verdict, rule).outcome == Outcome::not_applicable);
  // Where something was handed over, it is lost.
  talk.handover().sender_started().sender_ended(0);
  REQUIRE(finding(judge(retry_once, talk.journal()), "delivered").outcome == Outcome::fail);
}

TEST_CASE("judge_sender_that_heeds_size_need_not_try") {
  scenario::Scenario limited =
      expecting({must("no-retry"), must("delivered", std::string("never"))});
  limited.server.size_limit = 64 << 10;
  limited.test.message.size = 128 << 10;
  Conversation talk;
  talk.handover().sender_started().session(1, minutes(1)).ehlo("250-mx\r\n250 SIZE 65536").quit();
  // The notification is no delivery of the message, although the message itself was never seen.
  talk.session(2, minutes(2)).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
  talk.data().content("bounce@sender.test").message().quit();
  REQUIRE(judge(limited, talk.journal()).answer(false) == Answer::ok);

  limited.test.message.size = 1 << 10;
  REQUIRE(finding(judge(limited, talk.journal()), "no-retry").outcome == Outcome::not_applicable);
  limited.test.message.size = 128 << 10;
  talk.session(3, minutes(3)).ehlo().deliver();
  REQUIRE(judge(limited, talk.journal()).answer(false) == Answer::fail);
}

TEST_CASE("judge_every_expectation_says_what_was_seen_of_it") {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo().deliver();
  for (const auto& kind : scenario::expectation_kinds()) {
    INFO(kind.name);
    scenario::ExpectationValue value;
    if (kind.type == scenario::ExpectationType::word ||
        kind.type == scenario::ExpectationType::notification)
      value = std::string(kind.words[0]);
    if (kind.type == scenario::ExpectationType::duration_range)
      value = scenario::Range<Duration>{minutes(1), hours(1)};
    if (kind.type == scenario::ExpectationType::count_range)
      value = scenario::Range<std::uint64_t>{1, 1};
    if (kind.type == scenario::ExpectationType::host ||
        kind.type == scenario::ExpectationType::name)
      value = std::string("mx.case.test");
    if (kind.type == scenario::ExpectationType::durations) value = std::vector<Duration>{hours(1)};
    const CaseVerdict verdict =
        judge(expecting({must(std::string(kind.name), value)}), talk.journal());
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

TEST_CASE("judge_each_breach_breaks_the_rule_that_speaks_of_it_and_no_other") {
  using journal::Breach;
  struct Known {
    Breach breach;
    const char* rule;
    bool in_content; ///< else in a command, or what was sent before the first
  };
  static constexpr std::array breaches = {
      Known{Breach::bare_lf_command, "line-ends", false},
      Known{Breach::bare_lf_content, "line-ends", true},
      Known{Breach::bare_cr_content, "line-ends", true},
      Known{Breach::line_too_long, "line-length", false},
      Known{Breach::line_too_long, "line-length", true},
      Known{Breach::unstuffed_dot, "dot-stuffing", true},
      Known{Breach::eight_bit_content, "eight-bit-content", true},
      Known{Breach::eight_bit_command, "eight-bit-command", false},
      Known{Breach::wrong_sequence, "sequence", false},
      Known{Breach::pipelined_without_leave, "pipelining", false},
      Known{Breach::talked_before_greeting, "greeting-first", false},
      Known{Breach::size_wrong, "declared-size", true},
      Known{Breach::syntax, "syntax", false},
      Known{Breach::unannounced_extension, "extensions", false},
      Known{Breach::plaintext_behind_starttls, "starttls-plaintext", false},
      Known{Breach::nul, "nul", false},
      Known{Breach::nul, "nul", true},
  };
  const auto check = [](const Known& known, const Conversation& talk) {
    const CaseVerdict verdict = judge(expecting({}), talk.journal());
    for (const Finding& found : verdict.findings)
      for (const Known& other : breaches)
        if (found.rule == other.rule) {
          INFO(known.rule << " and " << found.rule);
          CHECK((found.outcome == Outcome::fail) == (found.rule == known.rule));
        }
  };
  for (const Known& known : breaches) {
    const auto bits = static_cast<journal::Breaches>(known.breach);
    Conversation talk;
    talk.session(1, minutes(0)).ehlo().mail().rcpt();
    if (known.in_content) {
      journal::event::Content content;
      content.breaches = bits;
      check(known, talk.data().content(content).message().quit());
      continue;
    }
    journal::event::Exchange noop;
    noop.stage = Stage::noop;
    noop.line = "NOOP";
    noop.verb = "NOOP";
    noop.reply = "250 Ok\r\n";
    noop.code = 250;
    noop.breaches = bits;
    check(known, Conversation(talk).data().content().message().exchange(noop).quit());
    Conversation left;
    left.session(1, minutes(0)).ehlo().mail().rcpt().data().content().message().quit();
    left.connect(2, minutes(1)).end({EndedBy::client_closed, Stage::greeting, 0, "x", false, bits});
    check(known, left);
  }
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

TEST_CASE("judge_a_message_that_was_handed_over_and_never_came_is_lost") {
  const auto scenario = expecting({must("delivered", std::string("once"))});
  Conversation talk;
  talk.handover("1").handover("2", {"c@rcpt.test"}).sender_started();
  talk.session(1, minutes(0)).ehlo().deliver().sender_ended(0);
  const CaseVerdict verdict = judge(scenario, talk.journal());
  REQUIRE(verdict.answer(false) == Answer::fail);
  REQUIRE(finding(verdict, "delivered").actual == "the message for c@rcpt.test was never tried");
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
