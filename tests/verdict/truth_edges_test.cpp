// Whether notifications are true, where several tries, messages and servers come into question.
#include "notifying.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using journal::event::EndedBy;
using journal::event::RecipientReport;
using scenario::Stage;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;

RecipientReport report(const char* action, const char* status) {
  RecipientReport one = failed(status);
  one.action = action;
  return one;
}
Outcome truth(const Conversation& talk) {
  return found(talk, "true-notification").outcome;
}
Moment last_moment(const Conversation& talk) {
  const journal::Journal journal = talk.journal();
  return journal.events().back().time;
}

/// The message is taken; the moment of its reply.
constexpr Moment taken_at = 70ms;
Conversation taken() {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().deliver();
  return talk;
}
/// A notification that is refused.
Conversation& put_off(Conversation& talk, std::uint64_t session, Moment at) {
  return talk.session(session, at).ehlo().mail("452 Full", "").quit();
}

/// A notification with this Diagnostic-Code and Remote-MTA, after a refusal.
Outcome told_of(std::string_view diagnostic, std::string_view remote = {}) {
  Conversation talk = refused();
  RecipientReport one = failed("5.0.0");
  one.diagnostic = diagnostic;
  one.remote_mta = remote;
  return truth(notify(talk, 2, 1min, {one}));
}

} // namespace

TEST_CASE("truth_edges_a_status_is_held_against_the_last_reply_before_it") {
  // Put off with 4.2.2, and refused with 5.1.1 two hours later, at the end of the second try.
  const auto outcome = [](const char* status, Moment told) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt("552 5.2.2 Full").quit();
    talk.session(2, 2h).ehlo().mail().rcpt("550 5.1.1 Unknown").quit();
    return truth(notify(talk, 3, told, {failed(status)}));
  };
  CHECK(outcome("5.2.2", 1h) == pass);
  CHECK(outcome("5.1.1", 1h) == fail);
  CHECK(outcome("5.1.1", 3h) == pass);
  CHECK(outcome("5.2.2", 3h) == fail);
  CHECK(outcome("5.1.1", 2h + 40ms) == pass);
  CHECK(outcome("5.2.2", 2h + 40ms - 1us) == pass);
  CHECK(outcome("5.1.1", 2h + 40ms - 1us) == fail);
  // Where no try came before it, the first one is the best guess.
  Conversation early;
  notify(early.handover(), 1, 0s, {failed("5.1.1")});
  early.session(2, 1h).ehlo().mail().rcpt("550 5.1.1 Unknown").quit();
  CHECK(truth(early) == pass);
}

TEST_CASE("truth_edges_only_a_failure_has_the_server_s_status") {
  const auto outcome = [](const char* action, const char* status) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt("452 4.2.2 Full").quit();
    return truth(notify(talk, 2, 1h, {report(action, status)}));
  };
  CHECK(outcome("delayed", "4.2.2") == pass);
  CHECK(outcome("delayed", "4.4.1") == pass);
  CHECK(outcome("failed", "5.1.1") == fail);
  CHECK(outcome("failed", "4.4.1") == pass); // it gave up
  CHECK(outcome("failed", "2.00") == pass);  // no status at all: a matter of the form
  CHECK(outcome("failed", "2.0.0") == fail);
}

TEST_CASE("truth_edges_failed_is_no_word_for_what_was_accepted_before") {
  const auto outcome = [](Moment told) {
    Conversation talk = taken();
    return truth(notify(talk, 2, told, {failed("5.0.0")}));
  };
  CHECK(outcome(taken_at) == fail);
  CHECK(outcome(taken_at - 1us) == pass);
}

TEST_CASE("truth_edges_delayed_may_be_on_its_way_for_an_hour") {
  const auto outcome = [](Moment told, const char* action = "delayed") {
    Conversation talk = taken();
    return truth(notify(talk, 2, told, {report(action, "4.0.0")}));
  };
  CHECK(outcome(taken_at + 1h) == fail);
  CHECK(outcome(taken_at + 1h - 1us) == pass);
  CHECK(outcome(taken_at + 2h, "relayed") == pass);
  CHECK(outcome(taken_at + 2h, "delivered") == pass);
  // Who was not told that it was accepted may well say so.
  Conversation unheard;
  unheard.handover().session(1, 0s).ehlo().mail().rcpt().data().content().silence("close", true);
  unheard.end(EndedBy::server, Stage::message);
  CHECK(truth(notify(unheard, 2, 3h, {report("delayed", "4.0.0")})) == pass);
}

TEST_CASE("truth_edges_a_notification_that_was_put_off_before_is_as_old_as_that") {
  const auto outcome = [](Moment first, bool accepted = false) {
    Conversation talk = taken();
    if (accepted)
      notify(talk, 2, first, {report("delayed", "4.0.0")});
    else
      put_off(talk, 2, first);
    return truth(notify(talk, 3, 3h, {report("delayed", "4.0.0")}));
  };
  CHECK(outcome(taken_at - 1us) == pass);
  CHECK(outcome(taken_at) == fail);
  CHECK(outcome(1h) == fail);
  CHECK(outcome(0s, true) == fail); // that one came, and is not this one
}

TEST_CASE("truth_edges_what_is_quoted_was_said_by_a_server") {
  CHECK(told_of("smtp; 550 No such user") == pass);
  CHECK(told_of("smtp;550 No such user") == pass);
  CHECK(told_of("SMTP ; 550 No such user") == pass);
  CHECK(told_of("smtp; 551 No such user") == fail);
  CHECK(told_of("smtp; 400 Later") == fail);
  CHECK(told_of("smtp; 399 Hm") == pass); // no failure
  for (const auto* other :
       {"x-unix; 551 No", "551 No", "; 551 No", "smtp; no route", "smtp; 55", "smtp;", ""})
    CHECK(told_of(other) == pass);
  // A reply that nobody asked for was said as well.
  const auto outcome = [](int code) {
    Conversation talk = refused();
    RecipientReport one = failed("5.0.0");
    one.diagnostic = "smtp; 551 No";
    notify(talk, 2, 1min, {one});
    std::string text = talk.text();
    journal::Event event;
    event.server = 1;
    event.session = 1;
    event.time = last_moment(talk);
    journal::event::Reply reply;
    reply.exchange = 2;
    reply.reply = "551 No\r\n";
    reply.code = code;
    event.body = reply;
    journal::encode(event, 1000, text);
    return finding(judge(expecting({}), journal::Journal::decode(text)), "true-notification")
        .outcome;
  };
  CHECK(outcome(551) == pass);
  CHECK(outcome(552) == fail);
}

TEST_CASE("truth_edges_no_server_had_a_part_in_it_where_none_was_known") {
  scenario::Scenario names = expecting({});
  names.names.emplace();
  names.names->domains = {"rcpt.test"};
  for (const auto* name : {"mx.rcpt.test", "web.rcpt.test"}) {
    scenario::Host host;
    host.name = host.label = name;
    names.hosts.push_back(host);
  }
  names.names->records.push_back(
      {"rcpt.test", scenario::RecordType::mx, "10 mx.rcpt.test.", {}, {}});
  const auto outcome = [&](const std::vector<std::array<std::string_view, 3>>& queries,
                           const scenario::Scenario& scenario, std::string_view remote) {
    Conversation talk = refused();
    for (const auto& [name, type, records] : queries) {
      journal::event::Query query;
      query.name = name;
      query.type = type;
      query.records = records;
      query.answer = "noerror";
      talk.query(query);
    }
    RecipientReport one = failed("5.0.0");
    one.remote_mta = remote;
    notify(talk, 2, 1min, {one});
    return finding(judge(scenario, talk.journal()), "true-notification").outcome;
  };
  using Queries = std::vector<std::array<std::string_view, 3>>;
  constexpr const char* remote = "dns; mx.rcpt.test";
  CHECK(outcome({{"mx.rcpt.test", "A", ""}}, names, remote) == fail);
  CHECK(outcome({{"mx.rcpt.test", "A", ""}}, names, "") == pass);
  CHECK(outcome({{"mx.rcpt.test", "A", ""}}, expecting({}), remote) == pass);
  CHECK(outcome({}, names, remote) == pass); // it asked another name server, or none
  CHECK(outcome({{"MX.rcpt.test", "A", "192.0.2.1"}}, names, remote) == pass);
  CHECK(outcome({{"mx.rcpt.test", "AAAA", "2001:db8::1"}}, names, remote) == pass);
  for (const Queries& useless : {Queries{{"mx.rcpt.test", "MX", "10 mx.rcpt.test."}},
                                 Queries{{"other.rcpt.test", "A", "192.0.2.1"}},
                                 Queries{{"web.rcpt.test", "A", "192.0.2.1"}}})
    CHECK(outcome(useless, names, remote) == fail);
}

TEST_CASE("truth_edges_of_up_to_sixty_four_messages_each_is_compared") {
  // All were accepted but one, and a notification says that one failed.
  const auto outcome = [](std::size_t messages, std::optional<std::size_t> refused_one) {
    Conversation talk;
    for (std::size_t i = 1; i <= messages; ++i)
      talk.handover(std::to_string(i), {"b@rcpt.test"}, "a@sender.test", {},
                    "m" + std::to_string(i));
    for (std::size_t i = 1; i <= messages; ++i) {
      talk.session(i, i * 1s).ehlo().mail().rcpt().data().content("m" + std::to_string(i));
      talk.message(refused_one == i ? "550 5.1.1 No" : "250 Ok").quit();
    }
    return truth(notify(talk, messages + 1, 1h, {failed("5.1.1")}));
  };
  CHECK(outcome(64, 64) == pass);
  CHECK(outcome(64, 1) == pass);
  CHECK(outcome(64, {}) == fail);
  CHECK(outcome(65, {}) == pass); // it may be of one that nobody compared it with
}

TEST_CASE("truth_edges_the_first_message_of_which_it_is_not_true_is_told") {
  Conversation talk;
  talk.handover("1").handover("2");
  talk.session(1, 0s).ehlo().mail().rcpt("550 5.2.1 No").quit();
  talk.session(2, 1s).ehlo().mail().rcpt("550 5.2.2 No").quit();
  notify(talk, 3, 1min, {failed("5.7.1")});
  CHECK_THAT(found(talk, "true-notification").actual, Catch::Contains("5.2.1"));
}

TEST_CASE("truth_edges_a_notification_is_about_the_message_of_the_one_whom_it_is_sent_to") {
  // The same recipient got one author's message, and another author's was rejected.
  const auto outcome = [](const std::string& author) {
    Conversation talk;
    talk.handover("1").handover("2", {"b@rcpt.test"}, "c@sender.test").sender_started();
    talk.session(1, 0s).ehlo().deliver();
    talk.session(2, 1s).ehlo().mail("250 Ok", "c@sender.test").rcpt("550 5.1.1 No").quit();
    talk.session(3, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", author).data();
    return truth(talk.content("", {}, {failed("5.1.1")}).message().quit());
  };
  CHECK(outcome("c@sender.test") == pass);
  CHECK(outcome("a@sender.test") == fail);
}

TEST_CASE("truth_edges_what_was_rejected_did_not_fail_for_the_time_being") {
  const auto outcome = [](const char* reply, const char* status) {
    Conversation talk = refused({"b@rcpt.test"}, reply);
    return truth(notify(talk, 2, 1min, {failed(status)}));
  };
  CHECK(outcome("550 5.1.1 Unknown", "4.1.1") == fail);
  CHECK(outcome("550 Unknown", "4.1.1") == fail); // the reply's code says it as well
  CHECK(outcome("550 Unknown", "5.1.1") == pass);
  CHECK(outcome("550 5.1.1 Unknown", "4.0.0") == pass); // general, and no claim
  CHECK(outcome("450 4.1.1 Later", "4.1.1") == pass);   // it gave up
}

TEST_CASE("truth_edges_nobody_is_to_be_told_of_messages_that_all_arrived") {
  const auto text = [](Conversation talk, Moment at = 1h) {
    return truth(notify(talk, 9, at, {}));
  };
  CHECK(text(taken()) == fail);
  CHECK(text(taken(), taken_at) == fail);
  CHECK(text(taken(), taken_at - 1us) == Outcome::not_applicable); // it was still on its way
  // A text may be of a delay, and of a recipient that was rejected.
  Conversation delayed;
  delayed.handover().session(1, 0s).ehlo().mail().rcpt("450 Later").quit();
  delayed.session(2, 30min).ehlo().deliver();
  CHECK(text(delayed) == Outcome::not_applicable);
  Conversation partly;
  partly.handover("1", {"b@rcpt.test", "c@rcpt.test"}).session(1, 0s).ehlo().mail().rcpt();
  partly.rcpt("550 No", "c@rcpt.test").data().content().message().quit();
  CHECK(text(partly) == Outcome::not_applicable);
  // Success that was asked for may be told so, too.
  Conversation asked;
  asked.handover().ask_last("NOTIFY=SUCCESS,FAILURE").session(1, 0s).ehlo().deliver();
  CHECK(text(asked) == Outcome::not_applicable);
  // It may be about a message of somebody else's.
  Conversation elsewhere = taken();
  CHECK(truth(notify(elsewhere, 9, 1h, {}, "x@sender.test")) == Outcome::not_applicable);
}
