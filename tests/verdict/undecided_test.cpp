// What tempfail ended is open, what the caller was told is not asked for, and one fault is told once.
#include "conversation.hpp"
#include "findings.hpp"
#include "verdict/causes.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using journal::event::ProcessEnd;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

/// All that is asked for where a failure goes on for long.
scenario::Scenario all_of_it() {
  return test::expecting({
      test::must("retry"),
      test::must("delivered", std::string("once")),
      test::must("tries", scenario::Range<std::uint64_t>{3, 5}),
      test::must("schedule", std::vector<Duration>{1h, 4h, 12h}),
      test::must("back-off"),
      test::must("gives-up", scenario::Range<Duration>{96h, 120h}),
  });
}
Finding found(const Conversation& talk, std::string_view rule) {
  return test::finding(judge(all_of_it(), talk.journal()), rule);
}
Outcome outcome(const Conversation& talk, std::string_view rule) {
  return found(talk, rule).outcome;
}

/// Refused once, and then its process ends.
Conversation ends_after_one_try(int status, bool queue, ProcessEnd how) {
  Conversation talk;
  talk.handover().sender_started().session(1, 0s).ehlo().refused();
  return talk.wait(10min).sender_ended(status, queue, how);
}

Finding failed(const char* rule) {
  Finding finding;
  finding.rule = rule;
  finding.outcome = Outcome::fail;
  finding.actual = "broken";
  finding.near_miss = "by far";
  finding.evidence.emplace_back();
  return finding;
}

/// "retry:fail delivered:not-applicable", in order.
std::string told_once(std::vector<Finding> findings) {
  drop_consequences(findings);
  std::string text;
  for (const Finding& finding : findings) {
    text += (text.empty() ? "" : " ") + finding.rule;
    if (finding.outcome != Outcome::fail) text += "(" + finding.actual + ")";
  }
  return text;
}

} // namespace

TEST_CASE("undecided_is_what_tempfail_ended") {
  for (const ProcessEnd how : {ProcessEnd::watch, ProcessEnd::timeout, ProcessEnd::interrupt}) {
    const Conversation talk = ends_after_one_try(143, false, how);
    for (const auto* rule : {"retry", "delivered", "tries", "schedule", "back-off", "gives-up"}) {
      INFO(rule);
      CHECK(outcome(talk, rule) == Outcome::undecided);
    }
  }
}

TEST_CASE("undecided_names_what_ended_it") {
  CHECK_THAT(found(ends_after_one_try(143, false, ProcessEnd::timeout), "retry").actual,
             Catch::Contains("ended by --timeout after 10m") && Catch::Contains("--time-scale"));
  CHECK_THAT(found(ends_after_one_try(143, false, ProcessEnd::watch), "retry").actual,
             Catch::Contains("still running when the watch time ended after 10m"));
  CHECK_THAT(found(ends_after_one_try(143, false, ProcessEnd::interrupt), "retry").actual,
             Catch::Contains("ended by an interrupt"));
  CHECK_THAT(
      found(ends_after_one_try(143, false, ProcessEnd::timeout), "tries").actual,
      Catch::Contains("the sender made 1 try for b@rcpt.test: the sender was ended by --timeout"));
  CHECK_THAT(found(ends_after_one_try(143, false, ProcessEnd::timeout), "delivered").actual,
             Catch::Contains("had not arrived yet, after 1 try, when tempfail ended the sender"));
}

TEST_CASE("undecided_is_not_what_was_broken_before_it_ended") {
  Conversation talk;
  talk.handover().sender_started().session(1, 0s).ehlo().refused();
  talk.session(2, 10min).ehlo().refused().session(3, 5h).ehlo().refused();
  talk.sender_ended(143, false, ProcessEnd::timeout);
  CHECK(outcome(talk, "schedule") == Outcome::fail);
  CHECK(outcome(talk, "retry") == Outcome::pass);
}

TEST_CASE("not_applicable_is_what_the_caller_was_told") {
  const Conversation told = ends_after_one_try(75, false, ProcessEnd::itself);
  for (const auto* rule : {"retry", "delivered", "tries", "schedule", "back-off"}) {
    INFO(rule);
    CHECK(outcome(told, rule) == Outcome::not_applicable);
  }
  CHECK_THAT(found(told, "retry").actual, Catch::Contains("reported the failure to its caller"));
  CHECK(outcome(told, "gives-up") == Outcome::pass);
}

TEST_CASE("failed_is_who_ends_with_success_or_leaves_it_to_a_queue") {
  const Finding lost = found(ends_after_one_try(0, false, ProcessEnd::itself), "retry");
  CHECK(lost.outcome == Outcome::fail);
  CHECK_THAT(lost.actual, Catch::Contains("the command ended with status 0, 10m later"));
  Conversation queue = ends_after_one_try(0, true, ProcessEnd::itself);
  CHECK_THAT(found(queue.finish(6h), "retry").actual,
             Catch::Contains(" in the 6h that were watched"));
  // A status that says nothing where the message is queued.
  CHECK(outcome(ends_after_one_try(75, true, ProcessEnd::itself).finish(6h), "retry") ==
        Outcome::fail);
}

TEST_CASE("failed_is_who_says_that_its_queue_is_empty") {
  Conversation empty = ends_after_one_try(0, true, ProcessEnd::itself);
  empty.queue_empty();
  CHECK(found(empty, "retry").outcome == Outcome::fail);
  CHECK_THAT(found(empty, "retry").actual,
             Catch::Contains("the sender's queue was empty 10m") && Catch::Contains(" later"));
  // Nothing more comes, so that was the last try.
  CHECK(outcome(ends_after_one_try(0, true, ProcessEnd::itself), "gives-up") != Outcome::fail);
  CHECK(outcome(empty, "gives-up") == Outcome::fail);
}

TEST_CASE("an_empty_queue_says_nothing_of_a_sender_that_was_ended") {
  Conversation ended = ends_after_one_try(143, true, ProcessEnd::watch);
  CHECK(outcome(ended.queue_empty(), "retry") == Outcome::undecided);
}

TEST_CASE("a_part_of_a_journal_leaves_open_what_was_under_way_at_its_end") {
  Conversation part;
  part.session(1, 0s).ehlo().refused();
  Conversation whole = part;
  part.wait(10min).continued();
  for (const auto* rule : {"retry", "delivered", "tries"}) {
    INFO(rule);
    CHECK(outcome(part, rule) == Outcome::undecided);
    CHECK_THAT(found(part, rule).actual, Catch::Contains("this part of the journal ended"));
  }
  CHECK(outcome(whole.finish(6h), "retry") == Outcome::fail);
  // With the part after it, the end of the first is nothing.
  part.wait(6h).session(2, 0s).ehlo().quit();
  CHECK(outcome(part.finish(8h), "retry") == Outcome::fail);
}

TEST_CASE("who_was_told_is_known_for_each_message") {
  Conversation talk;
  talk.handover("1").handover("2", {"c@rcpt.test"});
  talk.session(1, 0s).ehlo().mail().rcpt("452 Full").quit();
  talk.session(2, 1s).ehlo().mail().rcpt("452 Full", "c@rcpt.test").quit();
  journal::event::Process end;
  end.exit_code = 75;
  end.handover = "1";
  talk.process(end);
  end.exit_code = 0;
  end.handover = "2 3";
  talk.process(end);
  const Finding retry = found(talk, "retry");
  CHECK(retry.outcome == Outcome::fail);
  CHECK_THAT(retry.actual, Catch::StartsWith("the message for c@rcpt.test was not retried"));
}

TEST_CASE("a_message_that_came_back_to_its_sender_is_not_lost") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt("550 5.1.1 No").quit();
  CHECK(outcome(talk, "delivered") == Outcome::fail);
  talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
  talk.content("dsn").message().quit();
  CHECK(outcome(talk, "delivered") == Outcome::not_applicable);
}

TEST_CASE("delivered_is_not_hidden_by_one_that_was_told") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test", "c@rcpt.test"}).sender_started();
  talk.session(1, 0s)
      .ehlo()
      .mail()
      .rcpt()
      .rcpt("452 Full", "c@rcpt.test")
      .data()
      .content()
      .message()
      .quit();
  CHECK(outcome(Conversation(talk).sender_ended(75), "delivered") == Outcome::pass);
  CHECK(found(Conversation(talk).sender_ended(0), "delivered").actual == "see `retry`");
}

TEST_CASE("delivered_twice_is_one_too_many_unless_it_could_not_be_known") {
  const auto twice = [](Duration waited, EndedBy by) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt().data().content().accepted();
    talk.held(Stage::message, ".", waited, "").end(by, Stage::message);
    return talk.session(2, 1h).ehlo().deliver();
  };
  for (const auto* rule : {"delivered", "no-duplicate"}) {
    CHECK(outcome(twice(1min, EndedBy::server), rule) == Outcome::pass);
    CHECK(outcome(twice(10min, EndedBy::client_closed), rule) == Outcome::pass);
  }
  CHECK(outcome(twice(2min, EndedBy::client_closed), "no-duplicate") == Outcome::fail);
  CHECK(found(twice(2min, EndedBy::client_closed), "delivered").actual == "see `no-duplicate`");
  CHECK_THAT(found(twice(1min, EndedBy::server), "delivered").actual,
             Catch::Contains("the duplicate was unavoidable"));
  CHECK_THAT(found(twice(2min, EndedBy::client_closed), "no-duplicate").actual,
             Catch::Contains("hung up before its ten-minute timeout"));
}

TEST_CASE("delivered_copies_in_the_window_are_bounded") {
  const auto copies = [](std::uint64_t count, Duration pause) {
    Conversation talk;
    talk.handover();
    for (std::uint64_t i = 0; i < count; ++i) {
      talk.session(i + 1, i * pause)
          .ehlo()
          .mail()
          .rcpt()
          .data()
          .content()
          .silence("accept close", true);
      talk.end(EndedBy::server, Stage::message);
    }
    return outcome(talk, "no-duplicate");
  };
  CHECK(copies(3, 1s) == Outcome::pass);
  CHECK(copies(4, 1s) == Outcome::fail);
  CHECK(copies(50, 10min) == Outcome::pass);
  CHECK(copies(50, 5min) == Outcome::fail);
}

TEST_CASE("causes_take_the_place_of_what_follows_from_them") {
  CHECK(told_once({failed("delivered"), failed("retry")}) == "retry delivered(see `retry`)");
  CHECK(told_once({failed("first-retry"), failed("back-off"), failed("schedule"), failed("jitter"),
                   failed("pause")}) == "pause first-retry(see `pause`) back-off(see `pause`) "
                                        "schedule(see `pause`) jitter(see `pause`)");
  CHECK(told_once({failed("delivered"), failed("recipients-one-by-one")}) ==
        "recipients-one-by-one delivered(see `recipients-one-by-one`)");
  for (const auto* cause : {"sequence", "protected", "refuses-certificate", "uses-tls"})
    CHECK(told_once({failed("retry"), failed("delivered"), failed("first-retry"), failed(cause)}) ==
          std::string(cause) + " retry(see `" + cause + "`) delivered(see `" + cause +
              "`) first-retry(see `" + cause + "`)");
  CHECK(told_once({failed("retry"), failed("delivered"), failed("tries"), failed("notified"),
                   failed("no-retry"), failed("connects")})
            .starts_with("connects retry(see"));
}

TEST_CASE("causes_that_are_a_should_take_no_must_back") {
  Finding should = failed("retry");
  should.level = scenario::Level::should;
  Finding must = failed("reports-failure");
  must.level = scenario::Level::must;
  CHECK(told_once({should, must}) == "retry reports-failure");
  must.level = scenario::Level::should;
  CHECK(told_once({should, must}) == "retry reports-failure(see `retry`)");
}

TEST_CASE("causes_leave_what_is_a_fault_of_its_own") {
  CHECK(told_once({failed("delivered"), failed("no-duplicate")}) == "delivered no-duplicate");
  CHECK(told_once({failed("line-ends"), failed("retry")}) == "retry line-ends");
  Finding kept = failed("retry");
  kept.outcome = Outcome::pass;
  CHECK(told_once({kept, failed("delivered")}) == "delivered retry(broken)");
}

TEST_CASE("causes_leave_nothing_of_what_they_take_back") {
  std::vector<Finding> findings = {failed("delivered"), failed("retry")};
  drop_consequences(findings);
  CHECK(findings[1].near_miss.empty());
  CHECK(findings[1].evidence.empty());
  CHECK(findings[0].evidence.size() == 1);
}

TEST_CASE("undecided_is_what_a_journal_does_not_show_that_broke_off") {
  const auto told = [](Conversation talk) {
    return judge(
        test::expecting({test::must("retry"), test::must("delivered", std::string("once"))}),
        talk.journal());
  };
  Conversation refused;
  refused.handover().sender_started().session(1, 1s).ehlo().mail("452 Full").quit().wait(3h);
  CHECK(told(refused.finish(4h)).answer(false) == Answer::fail);
  refused.broken_off();
  CHECK(told(refused).answer(false) == Answer::undecided);
  CHECK_THAT(test::finding(told(refused), "retry").actual,
             Catch::Contains("the journal broke off"));
  CHECK_THAT(test::finding(told(refused), "delivered").actual,
             Catch::Contains("had not arrived yet, after 1 try, when the journal broke off"));
  // What a queue does after its command has ended is not known either; a command that has none is gone.
  CHECK(told(Conversation(refused).sender_ended(0, true)).answer(false) == Answer::undecided);
  CHECK(told(Conversation(refused).sender_ended(0)).answer(false) == Answer::fail);
  Conversation opened;
  opened.handover().sender_started().connect(1, 1s).broken_off();
  CHECK(told(opened).answer(false) == Answer::undecided);
}
