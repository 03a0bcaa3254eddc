// Expectations of some recipients alone.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

scenario::Expectation of(std::string recipient, scenario::Expectation expectation) {
  expectation.recipient = std::move(recipient);
  return expectation;
}

const std::vector<std::string> two = {"recipient-1@x.test", "recipient-2@x.test"};

/// The second of two recipients is refused for good, and the sender leaves it at that.
Conversation second_refused() {
  Conversation talk;
  talk.handover("1", two).sender_started().session(1, 0s).ehlo().mail();
  talk.rcpt("250 Ok", two[0]).rcpt("550 5.1.1 No", two[1]);
  return talk.data().content().message().quit();
}

Finding only(const scenario::Expectation& expectation, const Conversation& talk) {
  return test::finding(judge(test::expecting({expectation}), talk.journal()), expectation.name);
}

} // namespace

TEST_CASE("by_recipient_speaks_of_those_that_match_alone") {
  Conversation talk = second_refused();
  talk.sender_ended(0);
  const auto once = test::must("delivered", std::string("once"));
  CHECK(only(once, talk).outcome == Outcome::fail);
  CHECK(only(of("recipient-1@*", once), talk).outcome == Outcome::pass);
  CHECK(only(of("recipient-2@*", once), talk).outcome == Outcome::fail);
  const auto never = test::must("delivered", std::string("never"));
  CHECK(only(of("recipient-2@*", never), talk).outcome == Outcome::pass);
  CHECK(only(of("recipient-1@*", never), talk).outcome == Outcome::fail);
}

TEST_CASE("by_recipient_findings_say_of_whom_they_speak") {
  Conversation talk = second_refused();
  const Finding finding =
      only(of("recipient-1@*", test::must("delivered", std::string("once"))), talk);
  CHECK(finding.recipients == "recipient-1@*");
  CHECK(finding.expected == "recipient-1@*: the message arrives exactly once");
}

TEST_CASE("by_recipient_a_retry_of_one_is_none_of_the_other") {
  Conversation talk = second_refused();
  talk.session(2, 1h).ehlo().mail().rcpt("550 5.1.1 No", two[1]).quit().sender_ended(0);
  CHECK(only(of("recipient-1@*", test::must("no-retry")), talk).outcome == Outcome::not_applicable);
  CHECK(only(of("recipient-2@*", test::must("no-retry")), talk).outcome == Outcome::fail);
}

TEST_CASE("by_recipient_a_notification_counts_for_whom_it_names") {
  const auto notified = [](std::string pattern, std::string named) {
    Conversation talk = second_refused();
    talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content({}, 10, {{named, "failed", "5.1.1"}}).message().quit().sender_ended(0);
    return only(of(std::move(pattern), test::must("notified", std::string("failed"))), talk)
        .outcome;
  };
  CHECK(notified("recipient-2@*", two[1]) == Outcome::pass);
  CHECK(notified("recipient-2@*", two[0]) == Outcome::fail);
}

TEST_CASE("by_recipient_one_failure_does_not_hide_another_s") {
  Conversation talk;
  talk.handover("1", two).sender_started().session(1, 0s).ehlo().mail();
  talk.rcpt("450 Later", two[0]).rcpt("450 Later", two[1]).quit();
  talk.session(2, 1h).ehlo().mail().rcpt("250 Ok", two[1]).data().content().message().quit();
  talk.sender_ended(0);
  const CaseVerdict verdict =
      judge(test::expecting({of("recipient-1@*", test::must("retry")),
                             of("recipient-2@*", test::must("delivered", std::string("never")))}),
            talk.journal());
  CHECK(test::finding(verdict, "retry").outcome == Outcome::fail);
  CHECK(test::finding(verdict, "delivered").outcome == Outcome::fail);
}
