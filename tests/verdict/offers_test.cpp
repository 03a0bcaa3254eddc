// Several messages for one command, which may not know of more than the first.
#include "findings.hpp"
#include "seen.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

/// Two messages for one command; the second only offered, or named.
Conversation two_messages(bool offered) {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, "a@sender.test");
  talk.handover("2", {"b@rcpt.test"}, "a2@sender.test");
  if (offered) talk.offer_last();
  return talk.sender_started();
}

CaseVerdict judged(const Conversation& talk) {
  scenario::Scenario scenario = test::expecting({test::must("delivered", std::string("once"))});
  scenario.test.messages = 2;
  scenario::Rule rule; // which nothing below meets
  rule.stages = {Stage::idle};
  scenario.server.rules.push_back(rule);
  return judge(scenario, talk.journal());
}

} // namespace

TEST_CASE("offers_that_nobody_took_are_not_expected") {
  Conversation talk = two_messages(true);
  talk.session(1, 1s).ehlo().deliver().sender_ended(0);
  const CaseVerdict verdict = judged(talk);
  CHECK(test::finding(verdict, "delivered").outcome == Outcome::pass);
  CHECK(verdict.answer(true) == Answer::not_met);
  CHECK(verdict.not_met.find("{handovers}") != std::string::npos);
}

TEST_CASE("offers_are_expected_once_one_was_taken") {
  Conversation talk = two_messages(true);
  talk.session(1, 1s).ehlo().mail().rcpt().data().content().message();
  talk.mail("451 No", "a2@sender.test").quit().sender_ended(0);
  const CaseVerdict verdict = judged(talk);
  CHECK(test::finding(verdict, "delivered").outcome == Outcome::fail);
}

TEST_CASE("offers_are_expected_where_the_sender_says_what_became_of_them") {
  Conversation talk = two_messages(true);
  talk.session(1, 1s).ehlo().deliver().result("2", "delivered").sender_ended(0);
  CHECK(test::finding(judged(talk), "delivered").outcome == Outcome::fail);
}

TEST_CASE("offers_are_no_excuse_for_a_command_that_was_told_of_all") {
  Conversation talk = two_messages(false);
  talk.session(1, 1s).ehlo().deliver().sender_ended(0);
  const CaseVerdict verdict = judged(talk);
  CHECK(test::finding(verdict, "delivered").outcome == Outcome::fail);
  CHECK(test::finding(verdict, "delivered").actual.find("never tried") != std::string::npos);
}

TEST_CASE("offers_do_not_take_a_connection_that_failed_before_mail") {
  Conversation talk = two_messages(true);
  talk.session(1, 1s, "421 Not now").end(EndedBy::server, Stage::greeting);
  talk.session(2, 1h).ehlo().deliver();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  CHECK(seen.observed.unseen_offers == 1);
  CHECK(seen.observed.messages[0].deliveries[0].tries.size() == 2);
}

TEST_CASE("a_message_given_back_whole_need_not_have_been_tried") {
  // The connection was gone before the second message's MAIL; the command says that it failed.
  Conversation talk = two_messages(false);
  talk.session(1, 1s).ehlo().mail().rcpt().data().content().message();
  talk.end(EndedBy::server, Stage::idle).sender_ended(1);
  CHECK(test::finding(judged(talk), "delivered").outcome == Outcome::pass);
}
