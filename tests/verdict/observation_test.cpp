// What is made of a journal before it is judged: sessions, messages, and the tries at them.
#include "seen.hpp"
#include "support/catch.hpp"

#include <set>
#include <string>

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

namespace {

Moment minute(int count) {
  return std::chrono::minutes(count);
}

} // namespace

TEST_CASE("observation_try_that_fails_at_mail_belongs_to_the_message_that_comes_later") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().refused();
  talk.session(2, minute(31)).ehlo().deliver();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  REQUIRE(seen.observed.messages[0].deliveries.size() == 1);
  REQUIRE(seen.story() == "transient@mail accepted@message");
}

TEST_CASE("observation_session_that_is_refused_before_mail_is_a_try") {
  Conversation talk;
  talk.session(1, minute(0), "421 Busy").end(EndedBy::server, Stage::greeting);
  talk.session(2, minute(31)).ehlo("451 Later").quit();
  talk.session(3, minute(62)).ehlo().deliver();
  REQUIRE(Seen(talk).story() == "transient@greeting transient@ehlo accepted@message");
}

TEST_CASE("observation_looking_whether_the_port_answers_is_no_try") {
  Conversation talk;
  talk.session(1, minute(0)).end(EndedBy::client_closed, Stage::ehlo);
  talk.session(2, minute(1)).quit();
  talk.session(3, minute(2)).ehlo().deliver();
  // Closing with the greeting unread is a reset.
  talk.session(4, minute(3)).end(EndedBy::client_reset, Stage::ehlo);
  talk.session(5, minute(4)).end(EndedBy::server_stop, Stage::ehlo);
  talk.session(6, minute(5));
  REQUIRE(Seen(talk).story() == "accepted@message");
}

TEST_CASE("observation_who_leaves_while_the_server_lets_it_wait_has_tried") {
  Conversation talk;
  talk.session(1, minute(0), "").wait(1s).end(EndedBy::client_closed, Stage::greeting);
  talk.session(2, minute(31)).ehlo().deliver();
  REQUIRE(Seen(talk).story() == "trouble@greeting accepted@message");
}

TEST_CASE("observation_connections_lost_at_every_stage_are_trouble") {
  Conversation talk;
  talk.session(1, minute(0), "").wait(1s).end(EndedBy::client_closed, Stage::greeting);
  talk.session(2, minute(10)).ehlo("").end(EndedBy::server, Stage::ehlo);
  talk.session(3, minute(20)).ehlo().mail("").end(EndedBy::server, Stage::mail);
  talk.session(4, minute(30)).ehlo().mail().rcpt("").end(EndedBy::client_reset, Stage::rcpt);
  talk.session(5, minute(40)).ehlo().mail().rcpt().data("").end(EndedBy::server, Stage::data);
  talk.session(6, minute(50)).ehlo().mail().rcpt().data().end(EndedBy::server, Stage::content);
  talk.session(7, minute(60)).ehlo().mail().rcpt().data().content().silence("reset", false);
  talk.end(EndedBy::server, Stage::message);
  REQUIRE(Seen(talk).story() ==
          "trouble@greeting trouble@ehlo trouble@mail trouble@rcpt trouble@data "
          "trouble@content trouble@message");
}

TEST_CASE("observation_a_reply_that_smtp_does_not_know_is_trouble") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail("999 Huh").quit();
  talk.session(2, minute(1)).ehlo().mail().rcpt().data("250 Ok").quit();
  talk.session(3, minute(40)).ehlo().deliver();
  REQUIRE(Seen(talk).story() == "trouble@mail trouble@data accepted@message");
}

TEST_CASE("observation_helo_after_a_refused_ehlo_is_the_same_try") {
  Conversation talk;
  talk.session(1, minute(0))
      .ehlo("502 What?")
      .exchange(Stage::ehlo, "HELO client.test", "250 mx")
      .deliver();
  REQUIRE(Seen(talk).story() == "accepted@message");
}

TEST_CASE("observation_503_behind_a_refused_mail_is_no_permanent_refusal") {
  Conversation talk;
  talk.session(1, minute(0))
      .ehlo()
      .mail("452 Full")
      .rcpt("503 Need MAIL")
      .data("503 Need RCPT")
      .quit();
  REQUIRE(Seen(talk).story() == "transient@mail");
}

TEST_CASE("observation_retry_on_the_open_connection_is_a_try_of_its_own") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail("452 Full");
  talk.mail("452 Full").mail().rcpt().data().content().message().quit();
  REQUIRE(Seen(talk).story() == "transient@mail transient@mail accepted@message");
}

TEST_CASE("observation_recipients_have_fates_of_their_own") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt("250 Ok", "a@r.test").rcpt("452 Full", "b@r.test");
  talk.rcpt("550 No", "c@r.test").data().content().message().quit();
  talk.session(2, minute(31))
      .ehlo()
      .mail()
      .rcpt("250 Ok", "b@r.test")
      .data()
      .content()
      .message()
      .quit();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  REQUIRE(seen.story(0, 0) == "accepted@message");
  REQUIRE(seen.story(0, 1) == "transient@rcpt accepted@message");
  REQUIRE(seen.story(0, 2) == "permanent@rcpt");
}

TEST_CASE("observation_accepted_without_a_word_is_known_as_unheard") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt().data().content().silence("accept reset", true);
  talk.end(EndedBy::server, Stage::message);
  talk.session(2, minute(31)).ehlo().deliver();
  REQUIRE(Seen(talk).story() == "accepted@message(unheard) accepted@message");
}

TEST_CASE("observation_client_that_hangs_up_before_the_reply_has_not_heard_it") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt().data().content().accepted();
  talk.held(Stage::message, ".", 10min, "").end(EndedBy::client_reset, Stage::message);
  talk.session(2, minute(31)).ehlo().mail().rcpt().data().content().accepted();
  talk.held(Stage::message, ".", 20min, "250 Ok").wait(1min);
  talk.end(EndedBy::client_closed, Stage::message);
  REQUIRE(Seen(talk).story() == "accepted@message(unheard) accepted@message");
}

TEST_CASE("observation_a_reply_that_crosses_the_hang_up_may_not_have_been_heard") {
  const auto story = [](Duration after, EndedBy by) {
    Conversation talk;
    talk.session(1, minute(0)).ehlo().mail().rcpt().data().content().accepted();
    talk.held(Stage::message, ".", 11min, "250 Ok").wait(after - 10ms);
    return Seen(talk.end(by, Stage::message)).story();
  };
  CHECK(story(1min - 10ms, EndedBy::client_closed) == "accepted@message(unheard)");
  CHECK(story(1min, EndedBy::client_closed) == "accepted@message");
  CHECK(story(1s, EndedBy::server) == "accepted@message");
}

TEST_CASE("observation_who_goes_on_after_a_reply_has_heard_it") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt().data().content().accepted();
  talk.held(Stage::message, ".", 11min, "250 Ok").exchange(Stage::rset, "RSET", "250 Ok");
  talk.end(EndedBy::client_closed, Stage::rset);
  REQUIRE(Seen(talk).story() == "accepted@message");
}

TEST_CASE("observation_a_reset_takes_the_reply_along_with_it") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt().data().content().message();
  talk.end({EndedBy::server, Stage::message, 0, {}, true, 0});
  REQUIRE(Seen(talk).story() == "accepted@message(unheard)");
}

TEST_CASE("observation_who_hangs_up_before_ten_minutes_has_not_waited_for_the_answer") {
  const auto impatient = [](Duration waited, EndedBy by) {
    Conversation talk;
    talk.session(1, minute(0)).ehlo().mail().rcpt().data().content().accepted();
    talk.held(Stage::message, ".", waited - 10ms, "").end(by, Stage::message);
    const Seen seen(talk);
    return seen.observed.messages.at(0).deliveries.at(0).tries.at(0).hung_up_too_early;
  };
  // 100 ms of real time are forgiven.
  CHECK(impatient(10min - 101ms, EndedBy::client_closed));
  CHECK(impatient(2min, EndedBy::client_reset));
  CHECK_FALSE(impatient(10min - 100ms, EndedBy::client_closed));
  CHECK_FALSE(impatient(2min, EndedBy::server));
}

TEST_CASE("observation_what_a_rule_holds_back_is_known_when_it_arrives") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo();
  talk.held(Stage::mail, "MAIL FROM:<a@sender.test>", 3min - 10ms, "451 Later").quit();
  talk.session(2, minute(31)).ehlo();
  talk.held(Stage::mail, "MAIL FROM:<a@sender.test>", 3min - 10ms, "", 9);
  talk.end(EndedBy::server, Stage::mail);
  talk.session(3, minute(90)).ehlo().deliver();
  const Seen seen(talk);
  const auto& tries = seen.observed.messages.at(0).deliveries.at(0).tries;
  REQUIRE(tries[0].end == minute(3) + 30ms);
  REQUIRE(tries[1].result == TryResult::no_valid_reply);
  REQUIRE(tries[1].end == minute(34) + 30ms);
}

TEST_CASE("observation_a_reply_in_mid_content_is_the_message_s") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt().data();
  talk.exchange(Stage::content, {}, "452 Full", {}, 7).content().quit();
  talk.session(2, minute(31)).ehlo().deliver();
  REQUIRE(Seen(talk).story() == "transient@content accepted@message");
}

TEST_CASE("observation_who_leaves_because_of_an_odd_reply_has_been_troubled") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt().quit();
  talk.session(2, minute(1))
      .ehlo()
      .exchange(Stage::mail, "MAIL FROM:<a@sender.test>", "250 Ok", "raw", 7);
  talk.rcpt().data().end(EndedBy::client_closed, Stage::content);
  const Seen seen(talk);
  REQUIRE(seen.story() == "abandoned@rcpt trouble@content");
  REQUIRE(seen.observed.messages[0].deliveries[0].tries[0].event->time == minute(0) + 40ms);
}

TEST_CASE("observation_the_farewell_of_a_server_that_is_stopped_is_no_answer") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail();
  talk.exchange(Stage::mail, {}, "421 Stopped").wait(-10ms);
  talk.end(EndedBy::server_stop, Stage::mail);
  const Seen seen(talk);
  REQUIRE(seen.observed.sessions[0].transactions.size() == 1);
  REQUIRE(seen.story() == "cut off@mail");
}

TEST_CASE("observation_what_is_said_after_the_end_begins_nothing") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail("421 Bye").end(EndedBy::server, Stage::mail);
  talk.exchange(Stage::mail, "RCPT TO:<b@rcpt.test>", "").broken_off();
  std::string text = talk.text();
  text.insert(text.size() - 2, ",\"breaches\":[\"talked-after-421\"]");
  scenario::Scenario scenario;
  scenario.name = "case";
  const journal::Journal journal = journal::Journal::decode(text);
  REQUIRE(journal.bad_lines().empty());
  REQUIRE(observe(scenario, journal).sessions.at(0).transactions.size() == 1);
}

TEST_CASE("observation_what_the_end_of_the_run_cuts_off_is_nobodys_fault") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt().end(EndedBy::server_stop, Stage::rcpt);
  talk.session(2, minute(1)).ehlo().mail().rcpt();
  const Seen seen(talk);
  REQUIRE(seen.story() == "cut off@rcpt cut off@mail");
}

TEST_CASE("observation_who_tries_again_has_given_up_the_connection_that_hangs") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt();
  talk.session(2, minute(40)).ehlo().deliver();
  talk.resume(1, minute(60)).end(EndedBy::server_stop, Stage::rcpt);
  REQUIRE(Seen(talk).story() == "trouble@rcpt accepted@message");
}

TEST_CASE("observation_fall_back_to_clear_text_is_no_retry") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false);
  talk.end(EndedBy::client_reset, Stage::handshake);
  talk.session(2, minute(0) + 1s).ehlo().refused();
  talk.session(3, minute(31)).ehlo().deliver();
  REQUIRE(Seen(talk).story() == "trouble@handshake transient@mail(fallback) accepted@message");
}

TEST_CASE("observation_two_messages_to_one_recipient_are_told_apart") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().deliver("one");
  talk.session(2, minute(1)).ehlo().deliver("two");
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 2);
  REQUIRE(seen.story(0) == "accepted@message");
  REQUIRE(seen.story(1) == "accepted@message");
}

TEST_CASE("observation_messages_refused_at_mail_share_the_tries_fairly") {
  Conversation talk;
  for (std::uint64_t i = 0; i < 3; ++i)
    talk.session(i + 1, 1s * i).ehlo().refused();
  talk.session(4, minute(31)).ehlo().deliver("one");
  talk.session(5, minute(32)).ehlo().deliver("two");
  talk.session(6, minute(33)).ehlo().deliver("three");
  talk.sender_started();
  const Seen seen(talk, 3);
  // One envelope for three runs says nothing about which is which, so Message-IDs must.
  REQUIRE(seen.observed.messages.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    REQUIRE(seen.story(i) == "transient@mail accepted@message");
}

TEST_CASE("observation_a_try_is_not_of_a_message_that_is_under_way_at_the_same_time") {
  Conversation talk;
  // Four connections at once: which of the two that are refused began first says nothing.
  for (std::uint64_t number = 1; number <= 4; ++number)
    talk.session(number, minute(0));
  talk.resume(2, minute(1)).mail().rcpt().data().content("m2@sender.test").message().quit();
  talk.resume(4, minute(2)).mail().rcpt().data().content("m4@sender.test").message().quit();
  talk.resume(1, minute(3)).ehlo().mail("452 Later").quit();
  talk.resume(3, minute(3)).ehlo().mail("452 Later").quit();
  talk.session(5, minute(40)).deliver("m1@sender.test");
  talk.session(6, minute(50)).deliver("m3@sender.test");
  const Seen seen(talk, 4);
  REQUIRE(seen.observed.messages.size() == 4);
  std::multiset<std::string> stories;
  for (std::size_t i = 0; i < 4; ++i)
    stories.insert(seen.story(i));
  REQUIRE(stories == std::multiset<std::string>{"accepted@message", "accepted@message",
                                                "transient@mail accepted@message",
                                                "transient@mail accepted@message"});
}

TEST_CASE("observation_a_new_message_id_for_each_try_is_another_message_where_nobody_says_what_was_"
          "sent") {
  Conversation talk;
  talk.session(1, minute(0))
      .ehlo()
      .mail()
      .rcpt()
      .data()
      .content("first")
      .message("452 Full")
      .quit();
  talk.session(2, minute(31)).ehlo().deliver("second");
  CHECK(Seen(talk).observed.messages.size() == 2);
}

TEST_CASE("observation_a_message_without_message_id_is_known_by_its_content") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt().data().content("", 7).message("452 Full").quit();
  talk.session(2, minute(31)).ehlo().mail().rcpt().data().content("", 7).message().quit();
  talk.session(3, minute(32)).ehlo().mail().rcpt().data().content("", 8).message().quit();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 2);
  REQUIRE(seen.story() == "transient@message accepted@message");
}

TEST_CASE("observation_envelope_id_tells_messages_apart_before_the_content") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail("452 Full", "a@sender.test", " ENVID=two").quit();
  talk.session(2, minute(31)).ehlo().mail("250 Ok", "a@sender.test", " ENVID=one");
  talk.rcpt().data().content("one").message().quit();
  talk.session(3, minute(32)).ehlo().mail("250 Ok", "a@sender.test", " ENVID=two");
  talk.rcpt().data().content("two").message().quit();
  const Seen seen(talk);
  REQUIRE(seen.story(0) == "accepted@message");
  REQUIRE(seen.story(1) == "transient@mail accepted@message");
}

TEST_CASE("observation_notifications_are_no_messages") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo().mail().rcpt("550 No").quit();
  talk.session(2, minute(1)).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
  talk.data().content("dsn").message().quit();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  REQUIRE(seen.observed.notifications.size() == 1);
}

TEST_CASE("observation_other_scenarios_are_not_looked_at") {
  Conversation other("another", 2);
  other.session(1, minute(0)).ehlo().refused().broken_off();
  Conversation talk;
  talk.session(2, minute(1)).ehlo().deliver();
  scenario::Scenario scenario;
  scenario.name = "case";
  const journal::Journal journal = journal::Journal::decode(other.text() + talk.text());
  const Case observed = observe(scenario, journal);
  REQUIRE(observed.sessions.size() == 1);
  REQUIRE(observed.sessions[0].number == 2);
  REQUIRE(observed.first == minute(0)); // its server was there
}

TEST_CASE("observation_session_on_the_common_port_belongs_to_the_scenario_it_chose") {
  Conversation common("*", 2);
  common.session(1, minute(0)).ehlo().mail();
  Conversation chosen;
  chosen.resume(1, minute(0) + 1s).rcpt().data().content().message().quit();
  scenario::Scenario scenario;
  scenario.name = "case";
  const journal::Journal journal = journal::Journal::decode(common.text() + chosen.text());
  const Case observed = observe(scenario, journal);
  REQUIRE(observed.messages.size() == 1);
  REQUIRE(observed.messages[0].sender == "a@sender.test");
  REQUIRE(observed.messages[0].deliveries[0].accepted_count() == 1);
}

TEST_CASE("observation_a_notification_on_the_common_port_belongs_to_the_scenario_whose_recipient_"
          "it_names") {
  const auto notifications = [](const std::string& recipient) {
    Conversation chosen;
    chosen.handover().sender_started().session(1, minute(0)).ehlo().mail();
    chosen.rcpt("550 No").quit();
    journal::event::RecipientReport report;
    report.recipient = recipient;
    report.action = "failed";
    Conversation common("*", 2);
    common.session(2, minute(1)).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test");
    common.data().content("", {}, {report}).message().quit();
    scenario::Scenario scenario;
    scenario.name = "case";
    const journal::Journal journal = journal::Journal::decode(chosen.text() + common.text());
    return observe(scenario, journal).notifications.size();
  };
  CHECK(notifications("b@rcpt.test") == 1);
  CHECK(notifications("x@elsewhere.test") == 0);
}

TEST_CASE("observation_addresses_are_compared_without_case_and_source_route") {
  Conversation talk;
  talk.session(1, minute(0)).ehlo();
  talk.exchange(Stage::mail, "mail from:<A@Sender.TEST> SIZE=5", "250 Ok");
  talk.exchange(Stage::rcpt, "RCPT TO:<@relay.test:B@rcpt.test>", "452 Full").quit();
  talk.session(2, minute(31)).ehlo().deliver();
  const Seen seen(talk);
  REQUIRE(seen.observed.messages.size() == 1);
  REQUIRE(seen.story() == "transient@rcpt accepted@message");
}
