// Tries at one message that are made at the same time: none of them is a retry of another.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::must;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

/// Two connections, the second opened while the first is open; the reply of each comes late, the first's last.
Conversation both(std::string_view first, std::string_view second,
                  std::vector<std::string> recipients = {"b@rcpt.test"}) {
  Conversation talk;
  talk.handover("1", recipients).sender_started();
  const auto opens = [&](std::uint64_t number, Moment at) {
    talk.session(number, at).ehlo().mail();
    for (const std::string& recipient : recipients)
      talk.rcpt("250 Ok", recipient);
    talk.data().content();
  };
  opens(1, 1s);
  opens(2, 20s);
  talk.resume(2, 40s).message(second).quit();
  talk.resume(1, 1min).message(first).quit();
  return talk;
}

Finding found(const Conversation& talk, const char* rule, scenario::ExpectationValue value = {}) {
  return test::finding(judge(test::expecting({must(rule, std::move(value))}), talk.journal()),
                       rule);
}
Finding always(const Conversation& talk, const char* rule) {
  return test::finding(judge(test::expecting({}), talk.journal()), rule);
}

} // namespace

TEST_CASE("parallel_copies_are_duplicates_of_which_nobody_had_heard") {
  const Finding duplicate = always(both("250 Ok", "250 Ok"), "no-duplicate");
  CHECK(duplicate.outcome == fail);
  CHECK_THAT(duplicate.actual, Contains("2 times: the sender sent a copy while another was still "
                                        "on its way"));
  Conversation later;
  later.handover().session(1, 1s).ehlo().deliver().session(2, 1h).ehlo().deliver();
  CHECK_THAT(always(later, "no-duplicate").actual,
             Contains("although the sender had seen that it was accepted"));
}

TEST_CASE("parallel_copies_for_several_recipients_are_told_without_a_time_between") {
  Conversation talk = both("250 Ok", "250 Ok", {"b@rcpt.test", "c@rcpt.test"});
  // Nothing was refused: that they are duplicates is all there is to say.
  CHECK(always(talk, "recipients-one-by-one").outcome == Outcome::not_applicable);
  CHECK(always(talk, "no-duplicate").outcome == fail);
  Conversation mixed;
  mixed.handover("1", {"b@rcpt.test", "c@rcpt.test"}).session(1, 1s).ehlo().mail().rcpt();
  mixed.rcpt("452 4.2.2 Full", "c@rcpt.test").session(2, 1s).ehlo().mail().rcpt();
  mixed.resume(1, 2s).data().content().message().quit();
  mixed.resume(2, 2s).data().content().message().quit();
  const Finding told = always(mixed, "recipients-one-by-one");
  CHECK(told.outcome == fail);
  CHECK_THAT(told.actual, Contains("was accepted, and sent in parallel on another connection"));
  CHECK(always(mixed, "no-duplicate").actual == "see `recipients-one-by-one`");
}

TEST_CASE("parallel_tries_are_no_retries_after_a_rejection") {
  CHECK(found(both("550 No", "550 No"), "no-retry").outcome == pass);
  CHECK(found(both("552 5.3.4 Too large", "552 5.3.4 Too large"), "refused-content-unchanged")
            .outcome == pass);
  Conversation again = both("550 No", "550 No");
  again.session(3, 2h).ehlo().mail("550 No").quit();
  const Finding retried = found(again, "no-retry");
  CHECK(retried.outcome == fail);
  CHECK_THAT(retried.actual, Contains("was retried 1h59m"));
}

TEST_CASE("parallel_tries_are_no_retries_of_each_other") {
  // One of them was accepted: nothing is left to retry.
  CHECK(found(both("452 Full", "250 Ok"), "retry").outcome == none);
  CHECK(found(both("250 Ok", "452 Full"), "retry").outcome == none);
  CHECK(found(both("452 Full", "452 Full").wait(1h).sender_ended(0), "retry").outcome == fail);
  Conversation again = both("452 Full", "452 Full");
  CHECK(found(again.session(3, 1h).ehlo().deliver(), "retry").outcome == pass);
}

TEST_CASE("parallel_tries_have_no_interval_between_them") {
  const scenario::Range<Duration> half_an_hour{30min, std::nullopt};
  Conversation again = both("452 Full", "452 Full");
  again.session(3, 1h).ehlo().deliver();
  CHECK(found(again, "first-retry", half_an_hour).outcome == pass);
  Conversation early = both("452 Full", "452 Full");
  early.session(3, 2min).ehlo().deliver();
  const Finding too_early = found(early, "first-retry", half_an_hour);
  CHECK(too_early.outcome == fail);
  CHECK(too_early.actual.find('-') > too_early.actual.find("after")); // no time before the failure
}

TEST_CASE("parallel_tries_need_no_pause_and_a_row_of_retries_does") {
  Conversation crowd;
  crowd.handover().sender_started();
  for (std::uint64_t i = 1; i <= 6; ++i)
    crowd.session(i, i * 1s).ehlo().mail();
  for (std::uint64_t i = 1; i <= 6; ++i)
    crowd.resume(i, 20s + i * 1s).rcpt("452 Full").quit();
  CHECK(always(crowd, "pause").outcome != fail);
  for (std::uint64_t i = 7; i <= 9; ++i)
    crowd.session(i, i * 10s).ehlo().mail("452 Full").quit();
  CHECK(always(crowd, "pause").outcome == fail);
}

TEST_CASE("parallel_is_not_what_begins_when_the_client_has_hung_up") {
  // The server sees the end of the connection a little after the client has opened the next one.
  Conversation talk;
  talk.handover().sender_started();
  talk.session(1, 1s).ehlo().mail().held(Stage::rcpt, "RCPT TO:<b@rcpt.test>", 5min, {});
  talk.session(2, 6min).ehlo().mail("550 No").quit();
  talk.resume(1, 6min + 50ms).end(EndedBy::client_closed, Stage::rcpt);
  CHECK(found(talk, "retry").outcome == pass);
}
