// Messages that are returned early, or not at all, in scenarios that do not ask when a message is given up.
#include "notifying.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

/// Tries at these moments, each of which is refused with this reply.
Conversation tried(const std::vector<Moment>& moments, std::string_view reply = "450 4.2.0 Later") {
  Conversation talk;
  talk.handover().sender_started();
  std::uint64_t session = 0;
  for (const Moment at : moments)
    talk.session(++session, at).ehlo().mail().rcpt(reply).quit();
  return talk;
}

Outcome returned(Conversation talk, Moment at) {
  return found(notify(talk, 99, at, {failed("4.4.7")}), "gives-up").outcome;
}

Outcome returned_with(Duration lifetime, const std::vector<Moment>& moments, Moment at) {
  Conversation talk = tried(moments);
  notify(talk, 99, at, {failed("4.4.7")});
  journal::event::Run run;
  run.queue_lifetime = lifetime;
  return found(talk.run(run), "gives-up").outcome;
}

} // namespace

TEST_CASE("early_return_four_days_are_usual") {
  CHECK(returned(tried({0s, 30min}), 41min) == fail);
  CHECK(returned(tried({0s, 30min}), 96h - 1us) == fail);
  CHECK(returned(tried({0s, 30min}), 96h) == pass);
}

TEST_CASE("early_return_a_declared_lifetime_is_the_sender_s_own") {
  CHECK(returned_with(5h, {0s, 30min}, 4h + 30min) == pass); // give or take a pause
  CHECK(returned_with(5h, {0s, 30min}, 4h + 30min - 1us) == fail);
  CHECK(returned_with(5h, {0s, 30min, 3h}, 2h + 30min) == pass); // the longest
  CHECK(returned_with(1h, {0s, 2h}, 2h) == pass);
}

TEST_CASE("early_return_of_a_single_try_is_a_matter_of_retry") {
  Conversation talk = tried({0s});
  notify(talk, 99, 1h, {failed("4.4.7")});
  CHECK(found(talk, "gives-up").outcome == none);
  CHECK(found(talk, "retry", {must("retry")}).outcome == fail);
}

TEST_CASE("early_return_is_right_where_there_is_nothing_to_wait_for") {
  CHECK(returned(tried({0s, 30min}, "hello"), 41min) == none); // no SMTP
  Conversation rejected = tried({0s});
  rejected.session(2, 30min).ehlo().mail().rcpt("550 5.1.1 No").quit();
  CHECK(returned(rejected, 41min) == none);
  Conversation delivered = tried({0s, 30min});
  delivered.session(3, 1h).ehlo().deliver();
  CHECK(returned(delivered, 2h) == none);
  // A notification of a delay returns nothing, nor does one of another recipient.
  Conversation talk = tried({0s, 30min});
  journal::event::RecipientReport delayed = failed("4.4.7");
  delayed.action = "delayed";
  CHECK(found(notify(talk, 98, 41min, {delayed}), "gives-up").outcome == none);
  CHECK(found(notify(talk, 99, 42min, {failed("4.4.7", "x@rcpt.test")}), "gives-up").outcome ==
        none);
}

TEST_CASE("early_return_to_its_caller_is_its_caller_s_matter") {
  Conversation talk = tried({0s, 30min});
  notify(talk, 99, 41min, {failed("4.4.7")});
  CHECK(found(talk.sender_ended(75), "gives-up").outcome == none);
}

TEST_CASE("early_return_none_at_all_after_the_lifetime_is_a_loss_where_it_would_be_seen") {
  const auto told = [](Duration lifetime, Moment watched, bool come) {
    Conversation talk = tried({0s, 1h, 2h, 3h});
    journal::event::Run run;
    run.queue_lifetime = lifetime;
    run.notifications_come = come;
    return found(talk.sender_ended(0, true).run(run).finish(watched), "notified").outcome;
  };
  CHECK(told(3h, 6h, true) == fail);
  CHECK(told(3h, 6h - 1us, true) == none); // it may still be trying
  CHECK(told(3h, 6h, false) == Outcome::undecided);
  CHECK(told(0h, 600h, true) == none); // nobody knows how long it tries
  CHECK(told(72h, 72h + 23h, true) == fail);
  CHECK(told(72h, 72h + 23h - 1us, true) == none);
}

TEST_CASE("early_return_is_right_where_a_reply_too_many_came") {
  const auto outcome = [](std::string_view second) {
    Conversation talk;
    talk.handover().sender_started().session(1, 0s).ehlo().mail(second).rcpt("451 4.3.0 Later");
    talk.quit();
    return found(notify(talk, 99, 1h, {failed("5.5.0")}), "retry", {must("retry")}).outcome;
  };
  CHECK(outcome("250 2.1.0 Ok\r\n250 2.1.0 Ok") == none);
  CHECK(outcome("250-2.1.0 Ok\r\n250 2.1.0 Ok") == fail); // one reply in two lines
  CHECK(outcome("250\r\n250 Ok") == none);
  CHECK(outcome("250 2.1.0 Ok") == fail);
}

TEST_CASE("early_return_servers_that_are_stopped_soon_after_a_failure_saw_too_little") {
  const auto outcome = [](Duration seen) {
    Conversation talk;
    talk.session(1, 0s).ehlo().mail().rcpt("450 Later").quit();
    return found(talk.finish(40ms + seen), "retry", {must("retry")}).outcome;
  };
  CHECK(outcome(44s) == Outcome::undecided);
  CHECK(outcome(1h - 1us) == Outcome::undecided);
  CHECK(outcome(1h) == fail);
}

TEST_CASE("early_return_what_was_watched_for_less_than_an_hour_may_still_be_retried") {
  const auto outcome = [](std::string_view rule, Duration watched, bool queue, bool returns) {
    Conversation talk = tried({0s});
    constexpr Duration until_refused = 40ms;
    if (returns) notify(talk, 99, 1min, {failed("4.4.7")});
    talk.sender_ended(0, queue).finish(until_refused + watched);
    return found(talk, rule, {must("retry"), must("delivered", std::string("once"))}).outcome;
  };
  for (const auto* rule : {"retry", "delivered"}) {
    INFO(rule);
    CHECK(outcome(rule, 1h - 1us, true, false) == Outcome::undecided);
  }
  CHECK(outcome("retry", 1h, true, false) == fail);
  CHECK(outcome("retry", 5min, true, true) == fail);   // it has given up
  CHECK(outcome("retry", 5min, false, false) == fail); // nothing is left that could
}
