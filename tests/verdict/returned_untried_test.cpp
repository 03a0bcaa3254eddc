// Messages that a notification returned although nobody had tried them.
#include "notifying.hpp"
#include "scenario/read_server.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

/// The server offers all that is usual.
scenario::Scenario usual() {
  scenario::Scenario scenario = expecting({must("delivered", std::string("once"))});
  scenario.server.extensions = scenario::default_extensions();
  return scenario;
}
Finding delivered(const Conversation& talk) {
  return finding(judge(usual(), talk.journal()), "delivered");
}

/// Two messages, of which nothing was seen yet.
Conversation two_messages(const std::string& second = "c@rcpt.test") {
  Conversation talk;
  talk.handover("1").handover("2", {second}, "c@sender.test").sender_started();
  return talk;
}
Conversation& returned(Conversation& talk, Moment at, const char* second = "c@rcpt.test") {
  return notify(talk, 9, at, {failed("5.0.0", second)}, "c@sender.test");
}

} // namespace

TEST_CASE("returned_untried_a_message_is_lost_where_nothing_had_failed") {
  const std::string text =
      "the message for b@rcpt.test was never tried, and a notification returned it";
  Conversation report;
  report.handover().sender_started();
  Conversation words = report;
  Conversation probe = report;
  CHECK(delivered(notify(report, 2, 1min, {failed("5.1.2")})).actual == text);
  CHECK(delivered(notify(words, 2, 1min, {})).actual == text);
  probe.session(1, 0s).ehlo().quit();
  CHECK(delivered(notify(probe, 2, 1min, {failed("5.1.2")})).actual == text);
  // Whether tempfail ended the sender afterwards is no matter.
  CHECK(delivered(report.sender_timed_out()).outcome == fail);
  // Nor does it help that the next one arrived.
  Conversation next = two_messages();
  next.session(1, 0s).ehlo().deliver();
  CHECK(delivered(returned(next, 1min)).actual ==
        "the message for c@rcpt.test was never tried, and a notification returned it");
}

TEST_CASE("returned_untried_a_message_is_given_back_where_its_host_took_none") {
  const auto outcome = [](std::string_view reply, Moment at, const char* second = "c@rcpt.test") {
    Conversation talk = two_messages(second);
    talk.session(1, 0s).ehlo().mail().rcpt(reply).quit();
    notify(talk, 2, at, {failed("5.0.0")});
    return delivered(returned(talk, at, second)).outcome;
  };
  CHECK(outcome("550 No", 1min) == none);
  CHECK(outcome("550 No", 1min, "c@other.test") == fail); // that says nothing of another domain
  // Who was put off is tried again before anything is given up, here and elsewhere.
  CHECK(outcome("450 Later", 1min) == fail);
  CHECK(outcome("450 Later", 24h) == none);
  // At MAIL nobody is named: the host itself says so.
  Conversation host = two_messages("c@other.test");
  host.session(1, 0s).ehlo().mail("550 No").quit();
  CHECK(delivered(returned(host, 1min, "c@other.test")).outcome != pass);
  // What failed later was not known yet.
  Conversation later = two_messages();
  returned(later, 1min).session(1, 1h).ehlo().mail().rcpt("550 No").quit();
  CHECK(delivered(later).outcome == fail);
}

TEST_CASE("returned_untried_a_message_may_need_what_the_server_lacks") {
  scenario::Scenario lacks = usual();
  Conversation talk;
  talk.handover().sender_started().session(1, 0s).ehlo().quit();
  notify(talk, 2, 1min, {failed("5.6.7")});
  const auto outcome = [&talk](const scenario::Scenario& scenario) {
    return finding(judge(scenario, talk.journal()), "delivered").outcome;
  };
  CHECK(outcome(lacks) == fail);
  lacks.test.smtputf8 = true;
  CHECK(outcome(lacks) == none);
  lacks.test.smtputf8 = false;
  lacks.server.size_limit = 1000;
  CHECK(outcome(lacks) == none);
}
