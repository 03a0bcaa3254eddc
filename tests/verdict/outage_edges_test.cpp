// From when to when a port could not be reached, at the edges, and what of that is said.
#include "findings.hpp"
#include "seen.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using scenario::ListenAnswer;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

/// Refused once, and then the port goes away until the end.
std::string retry_after(Duration failure_to_outage) {
  Conversation it;
  it.sender_started().session(1, 1min).ehlo().refused().sender_ended(0, true);
  it.port(ListenAnswer::silence, 1min + 30ms + failure_to_outage).finish(30h);
  return test::finding(judge(test::expecting({test::must("retry")}), it.journal()), "retry").actual;
}

} // namespace

TEST_CASE("outage_edges_of_what_may_still_be_tried") {
  // A sender may wait for four hours before it comes again.
  const std::string hidden = "the port did not answer again during the watch time";
  CHECK(retry_after(4h) == hidden);
  CHECK(retry_after(4h + 1us) != hidden);
  CHECK(retry_after(1s) == hidden);
}

TEST_CASE("outage_edges_are_its_begin_and_its_end") {
  Conversation it;
  it.finish(Moment(0)).port(ListenAnswer::refused, 10min);
  it.port(ListenAnswer::silence, 20min).port(ListenAnswer::accepted, 30min).finish(60min);
  const Seen seen(it);
  const Case& observed = seen.observed;
  REQUIRE(observed.outages.size() == 2);
  CHECK(observed.outages[0].begin == 10min);
  CHECK(observed.outages[0].end == 20min);
  CHECK(observed.outages[1].answer == ListenAnswer::silence);
  CHECK(observed.outages[1].end == 30min);
  CHECK(observed.may_hide_tries(30min - 1us, 40min));
  CHECK_FALSE(observed.may_hide_tries(30min, 40min));
  CHECK(observed.may_hide_tries(Moment(0), 10min + 1us));
  CHECK_FALSE(observed.may_hide_tries(Moment(0), 10min));
  // Two that follow each other are one.
  CHECK(observed.is_outage(10min, 30min));
  CHECK(observed.is_outage(15min, 25min));
  CHECK_FALSE(observed.is_outage(10min, 30min + 1us));
  CHECK_FALSE(observed.is_outage(10min - 1us, 30min));
  CHECK_FALSE(observed.outage_lasts_after(9min)); // it came back
  CHECK(observed.port_opened == 10min);
  CHECK(observed.sender_began() == 10min);
  CHECK_FALSE(Seen(Conversation().session(1, 0s).ehlo().deliver()).observed.is_outage(0s, 0s));
}

TEST_CASE("outage_edges_of_one_that_goes_on_are_the_end_of_the_journal") {
  Conversation it;
  it.finish(Moment(0)).port(ListenAnswer::refused, 10min).port(ListenAnswer::refused, 20min);
  const Seen seen(it.finish(60min));
  REQUIRE(seen.observed.outages.size() == 1); // the second event tells what was dropped
  CHECK(seen.observed.outages[0].begin == 10min);
  CHECK(seen.observed.outages[0].end == 60min);
  CHECK(seen.observed.outage_lasts_after(9min));
  // One that had no time in it is none.
  Conversation brief;
  brief.finish(Moment(0)).port(ListenAnswer::refused, 10min).port(ListenAnswer::accepted, 10min);
  CHECK(Seen(brief.finish(1h)).observed.outages.empty());
}

TEST_CASE("settled_waits_for_the_notification_that_is_expected") {
  const scenario::Scenario scenario =
      test::expecting({test::must("delivered", std::string("once")),
                       test::must("notified", std::string("failed"))});
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"});
  talk.session(1, 0s).ehlo().deliver();
  talk.session(2, 1s).ehlo().mail().rcpt("250 Ok", "c@rcpt.test").data().content().message().quit();
  CHECK_FALSE(settled(scenario, talk.journal()));
  talk.session(3, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  talk.content("", {}, {{"c@rcpt.test", "failed", "5.1.1"}}).message().quit();
  CHECK(settled(scenario, talk.journal()));
}

TEST_CASE("settled_is_nothing_that_is_open_to_the_end_of_the_watch") {
  Conversation talk;
  talk.session(1, 0s).ehlo().deliver();
  CHECK(settled(test::expecting({test::must("delivered", std::string("once"))}), talk.journal()));
  for (const auto& open :
       {test::must("gives-up", scenario::Range<Duration>{96h, 120h}), test::must("stops-loop"),
        test::must("no-retry"), test::must("delivered", std::string("never"))}) {
    const scenario::Scenario scenario = test::expecting({open});
    CHECK_FALSE(settled(scenario, talk.journal()));
    CHECK(is_open_ended(scenario, scenario::TlsPolicy::opportunistic));
  }
  scenario::Scenario runs = test::expecting({});
  runs.test.runs = 2;
  CHECK_FALSE(settled(runs, talk.journal()));
  CHECK(settled(runs, talk.session(2, 1min).ehlo().deliver("m2").journal()));
  CHECK_FALSE(settled(test::expecting({}), Conversation().finish(1h).journal())); // nobody came
}

TEST_CASE("outage_edges_nobody_was_refused_when_its_end_says_so") {
  const auto answer = [](std::uint64_t refused, bool counted) {
    Conversation it;
    it.handover().finish(Moment(0)).port(ListenAnswer::refused, 0s).sender_started();
    it.port(ListenAnswer::accepted, 1h, refused, counted);
    it.session(1, 2h).ehlo().deliver().sender_ended(0);
    scenario::Scenario scenario = test::expecting({test::must("delivered", std::string("once"))});
    scenario.server.listen = scenario::Listen{ListenAnswer::refused, {{0s, 1h}}, {}, {}};
    return judge(scenario, it.journal()).answer(false);
  };
  CHECK(answer(0, false) == Answer::ok); // it may have been there
  CHECK(answer(0, true) == Answer::not_met);
  CHECK(answer(1, true) == Answer::ok);
}
