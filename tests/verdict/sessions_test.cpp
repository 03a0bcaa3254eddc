// How the events of a journal become sessions and transactions.
#include "findings.hpp"
#include "seen.hpp"
#include "support/catch.hpp"
#include "verdict/verdict.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::Seen;
using namespace std::chrono_literals;

TEST_CASE("sessions_of_a_journal_that_begins_in_the_midst_of_one") {
  Conversation talk;
  talk.resume(1, 5min).mail().rcpt().data().content().message().quit();
  const Seen seen(talk);
  REQUIRE(seen.observed.sessions.size() == 1);
  CHECK(seen.observed.sessions[0].begin == 5min);
  CHECK(seen.observed.sessions[0].transactions.at(0).begin == 5min);
  CHECK(seen.story() == "accepted@message");
}

TEST_CASE("sessions_have_a_first_and_a_last_moment") {
  Conversation talk;
  talk.session(1, 5min).ehlo().deliver().finish(20min);
  journal::event::Run run;
  run.time_scale = 0; // of a journal that does not say
  const Seen seen(talk.run(run));
  CHECK(seen.observed.last == 20min);
  CHECK(seen.observed.time_scale == 1);
  run.time_scale = 60;
  CHECK(Seen(talk.run(run)).observed.time_scale == 60);
}

TEST_CASE("sessions_are_watched_from_the_first_event_that_concerns_them") {
  scenario::Scenario scenario;
  scenario.name = "case";
  const journal::Journal journal = journal::Journal::decode(
      R"({"time_us":1000000,"server":2,"event":"server","scenario":"another"})"
      "\n"
      R"({"time_us":5000000,"server":1,"event":"server","scenario":"case"})"
      "\n"
      R"({"time_us":6000000,"server":1,"session":1,"event":"connect"})"
      "\n"
      R"({"time_us":9000000,"server":1,"session":1,"event":"disconnect","by":"client-quit","stage":"quit"})"
      "\n");
  REQUIRE(journal.bad_lines().empty());
  CHECK(observe(scenario, journal).first == 5s);
  CHECK(judge(scenario, journal).watched == 4s);
}

TEST_CASE("sessions_have_no_transaction_without_mail") {
  Conversation talk;
  talk.session(1, 0s).ehlo().rcpt("503 Need MAIL").data("503 Need MAIL").content();
  talk.message("503 Need MAIL").quit();
  CHECK(Seen(talk).observed.sessions.at(0).transactions.empty());
}

TEST_CASE("sessions_forget_the_farewell_of_a_server_that_is_stopped") {
  const auto stopped = [](Duration later) {
    Conversation talk;
    talk.session(1, 0s).ehlo().mail().rcpt().data().content();
    talk.exchange(Stage::message, {}, "421 Stopped").wait(later - 10ms);
    return Seen(talk.end(EndedBy::server_stop, Stage::message)).story();
  };
  CHECK(stopped(0s) == "cut off@message");
  CHECK(stopped(1ms) == "transient@message"); // it was said before the end
  // A connection on which nothing was said has none.
  Conversation silent;
  silent.connect(1, 0s).end(EndedBy::server_stop, Stage::connect);
  CHECK(Seen(silent).observed.sessions.at(0).events.size() == 2);
}

TEST_CASE("sessions_that_go_on_side_by_side_are_tried_in_the_order_of_their_transactions") {
  for (const bool handed_over : {false, true}) {
    Conversation talk;
    if (handed_over) talk.handover();
    talk.session(1, 0s).ehlo().mail("452 Full");
    talk.session(2, 10min).ehlo().mail().rcpt("452 Full").quit();
    talk.resume(1, 50min).mail().rcpt().data().content().message().quit();
    CHECK(Seen(talk).story() == "transient@mail transient@rcpt accepted@message");
  }
}

TEST_CASE("sessions_a_mail_within_a_transaction_changes_nothing_where_it_is_refused_for_that") {
  Conversation refused;
  refused.session(1, 0s).ehlo().mail().mail("503 Sender already given").rcpt().data();
  refused.content().message().quit();
  CHECK(Seen(refused).observed.sessions[0].transactions.size() == 1);
  CHECK(Seen(refused).story() == "accepted@message");
  Conversation other;
  other.session(1, 0s).ehlo().mail().mail("451 Later").quit();
  CHECK(Seen(other).observed.sessions[0].transactions.size() == 2);
}

TEST_CASE("sessions_know_what_came_first") {
  Conversation talk;
  talk.session(1, 0s).ehlo().mail().rcpt().data().content("one").message();
  talk.mail().rcpt().data().content("two").message().quit();
  const Seen seen(talk);
  const auto& transactions = seen.observed.sessions.at(0).transactions;
  REQUIRE(transactions.size() == 2);
  CHECK(transactions[0].first_of_session);
  CHECK_FALSE(transactions[1].first_of_session);
  // The first counts from the connection, a later one from its MAIL.
  CHECK(transactions[0].begin == 0s);
  CHECK(transactions[1].begin == 90ms);
}

TEST_CASE("sessions_of_a_client_that_needs_tls_have_failed_where_it_left_without") {
  const auto failed = [](scenario::TlsPolicy policy, auto say) {
    Conversation talk;
    say(talk.session(1, 0s));
    scenario::Scenario scenario;
    scenario.name = "case";
    const journal::Journal journal = talk.journal();
    return observe(scenario, journal, test::told(policy)).sessions.at(0).tls_failed;
  };
  const auto hello = [](Conversation& talk) { talk.ehlo().quit(); };
  CHECK(failed(scenario::TlsPolicy::required, hello));
  CHECK(failed(scenario::TlsPolicy::verified, hello));
  CHECK_FALSE(failed(scenario::TlsPolicy::opportunistic, hello));
  // A look at the port is not a word about TLS, nor is the end that the server made.
  CHECK_FALSE(failed(scenario::TlsPolicy::required, [](Conversation& talk) { talk.quit(); }));
  CHECK_FALSE(failed(scenario::TlsPolicy::required,
                     [](Conversation& talk) { talk.ehlo().end(EndedBy::server, Stage::ehlo); }));
  CHECK_FALSE(failed(scenario::TlsPolicy::required, [](Conversation& talk) {
    talk.ehlo().end(EndedBy::server_stop, Stage::ehlo);
  }));
  CHECK_FALSE(failed(scenario::TlsPolicy::required,
                     [](Conversation& talk) { talk.ehlo().mail("452 Full").quit(); }));
  // STARTTLS was refused, or what began did not come to an end.
  const auto starttls = [](std::string_view reply) {
    return [reply](Conversation& talk) {
      talk.ehlo()
          .exchange(Stage::starttls, "STARTTLS", reply)
          .end(EndedBy::client_closed, Stage::handshake);
    };
  };
  CHECK(failed(scenario::TlsPolicy::opportunistic, starttls("454 No")));
  CHECK(failed(scenario::TlsPolicy::opportunistic, starttls("220 Go")));
  CHECK_FALSE(failed(scenario::TlsPolicy::opportunistic, [](Conversation& talk) {
    talk.ehlo().exchange(Stage::starttls, "STARTTLS", "220 Go").tls(true).quit();
  }));
}

TEST_CASE("sessions_of_several_journals_last_as_long_as_those_that_served_the_scenario") {
  Conversation talk;
  talk.run({}).session(1, 5min).ehlo().deliver().finish(20min);
  Conversation later("another", 1);
  later.session(1, 5h).ehlo().deliver().finish(6h);
  journal::event::Run fast;
  fast.time_scale = 60;
  later.run(fast);
  journal::Journal both;
  both.append(talk.text());
  both.append(later.text());
  both.put_in_order();
  scenario::Scenario scenario;
  scenario.name = "case";
  const Case observed = observe(scenario, both);
  CHECK(observed.sessions.size() == 1);
  CHECK(observed.last == 20min);
  CHECK(observed.time_scale == 1);
}

TEST_CASE("sessions_last_until_a_clock_that_was_moved") {
  scenario::Scenario scenario;
  scenario.name = "case";
  Conversation talk;
  talk.session(1, 5min).ehlo().deliver();
  journal::Event moved;
  moved.time = 6min;
  moved.body = journal::event::Advance{2h};
  std::string text = talk.text();
  journal::encode(moved, 1000, text);
  CHECK(observe(scenario, journal::Journal::decode(text)).last == 2h + 6min);
}
