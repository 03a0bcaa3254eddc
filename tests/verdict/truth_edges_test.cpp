// Whether notifications are true, where several tries, messages and servers come into question.
#include "notifying.hpp"
#include "scenario/read_server.hpp"

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
/// The same, of a sender that may have had it for long: nobody told of a handover.
Conversation taken_late() {
  Conversation talk;
  talk.session(1, 0s).ehlo().deliver();
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
    Conversation talk = taken_late();
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

TEST_CASE("truth_edges_what_was_done_at_the_first_try_was_not_delayed") {
  const auto outcome = [](Moment tried, std::string_view reply, Moment told, bool twice = false) {
    Conversation talk;
    talk.handover().sender_started().session(1, tried).ehlo().mail().rcpt(reply);
    if (reply.starts_with('2')) talk.data().content().message();
    talk.quit();
    if (twice) talk.session(2, tried + 40min).ehlo().deliver();
    return found(notify(talk, 3, told, {report("delayed", "4.0.0")}), "true-notification");
  };
  CHECK(outcome(0s, "250 Ok", 1min).actual ==
        "b@rcpt.test is reported as delayed, but was accepted at once");
  CHECK(outcome(0s, "550 No", 1min).actual ==
        "b@rcpt.test is reported as delayed, but was rejected at once");
  CHECK(outcome(11min, "250 Ok", 12min).outcome == pass); // it waited for its first try
  CHECK(outcome(0s, "450 Later", 1min).outcome == pass);
  CHECK(outcome(0s, "450 Later", 41min, true).outcome == pass);
}

TEST_CASE("truth_edges_a_general_status_of_another_class_is_not_the_reply_s") {
  for (const auto* wrong : {"4.5.0", "4.1.0", "4.1.1"}) {
    Conversation talk = refused({"b@rcpt.test"}, "550 5.1.1 Unknown");
    CHECK(truth(notify(talk, 2, 1min, {failed(wrong)})) == fail);
  }
  for (const auto* right : {"4.0.0", "5.0.0", "5.1.0", "5.2.0"}) {
    Conversation talk = refused({"b@rcpt.test"}, "550 5.1.1 Unknown");
    CHECK(truth(notify(talk, 2, 1min, {failed(right)})) == pass);
  }
}

TEST_CASE("truth_edges_what_is_quoted_has_the_reply_s_status_and_words") {
  const auto quoted = [](const std::string& reply, const std::string& diagnostic) {
    Conversation talk = refused({"b@rcpt.test"}, reply);
    RecipientReport one = failed("5.0.0");
    one.diagnostic = diagnostic;
    return truth(notify(talk, 2, 1min, {one}));
  };
  const std::string said = "550 5.1.1 Recipient address rejected: no such user";
  for (const auto* right :
       {"smtp; 550 5.1.1 Recipient address rejected: no such user", "SMTP; 550 5.1.1 RECIPIENT",
        "smtp;550 5.1.1 <b@rcpt.test>: Recipient addr", "smtp; 550", "smtp; 550 5.1.1",
        "smtp; 550-5.1.1 Recipient address 550 5.1.1 rejected", "smtp; 550 no such user",
        "smtp; 550 host mx.rcpt.test said: 550 5.1.1 rejected", "smtp; 550 5.1.1 Recip. addr. rej.",
        "smtp; 550 5.1.1 Recipient add ress rejected (in reply to RCPT TO)"})
    CHECK(quoted(said, right) == pass);
  CHECK(quoted(said, "smtp; 550 5.7.26 Unauthenticated mail") == fail);
  CHECK(quoted(said, "smtp; 550 5.7.26") == fail);
  CHECK(quoted(said, "smtp; 550 5.1.1 Blocked by policy, see www.block.test") == fail);
  CHECK(quoted(said, "smtp; 550 5.1.1 <b@rcpt.test> blocked") == fail);
  // Where the reply has none, the status may be the sender's; a reply of short words says little.
  CHECK(quoted("550 No such user", "smtp; 550 5.1.1 no such user") == pass);
  CHECK(quoted("550 No", "smtp; 550 5.1.1 Mailbox unknown") == pass);
  CHECK(quoted("550-5.1.1 Recipient\r\n550-5.1.1 address\r\n550 5.1.1 rejected",
               "smtp; 550 5.1.1 Recipientaddressrejected") == pass);
}

TEST_CASE("truth_edges_success_is_told_by_who_took_that_over") {
  const auto outcome = [](const char* action, std::string_view offers, const char* parameters) {
    Conversation talk;
    talk.handover().ask_last("NOTIFY=SUCCESS").session(1, 0s).ehlo(offers).mail();
    journal::event::Exchange rcpt;
    rcpt.stage = Stage::rcpt;
    rcpt.verb = "RCPT";
    rcpt.line = "RCPT TO:<b@rcpt.test>";
    rcpt.address = "b@rcpt.test";
    rcpt.parameters = parameters;
    rcpt.reply = "250 Ok\r\n";
    rcpt.code = 250;
    talk.exchange(rcpt).data().content().message().quit();
    return truth(notify(talk, 2, 1min, {report(action, "2.1.5")}));
  };
  for (const auto* action : {"delivered", "relayed"}) {
    CHECK(outcome(action, with_dsn, "NOTIFY=SUCCESS") == fail);
    CHECK(outcome(action, with_dsn, "NOTIFY=FAILURE") == pass);
    CHECK(outcome(action, "250 mx", "") == pass);
  }
  CHECK(outcome("expanded", with_dsn, "NOTIFY=SUCCESS") == pass);
}

TEST_CASE("truth_edges_what_is_returned_is_the_message_that_it_is_about") {
  const auto told = [](std::string_view marks, std::vector<RecipientReport> reports,
                       const std::string& to = "a@sender.test") {
    Conversation talk;
    talk.handover("1").handover("2", {"c@rcpt.test"}, "c@sender.test").sender_started();
    talk.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
    talk.session(2, 1s).ehlo().mail("250 Ok", "c@sender.test").rcpt("550 No", "c@rcpt.test").quit();
    talk.session(3, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", to).data();
    return found(talk.content(marks, 900, std::move(reports)).message().quit(),
                 "true-notification");
  };
  CHECK(told("1-begin 1-end", {failed("5.0.0")}).outcome == pass);
  CHECK(told("", {failed("5.0.0")}).outcome == pass);
  CHECK(told("1-begin", {failed("5.0.0")}, "postmaster@sender.test").outcome == pass);
  CHECK(told("1-begin 2-begin", {failed("5.0.0"), failed("5.0.0", "c@rcpt.test")}).outcome == pass);
  CHECK(told("2-begin 2-end", {failed("5.0.0")}).actual ==
        "a notification about b@rcpt.test returns another message");
  CHECK(told("2-begin 2-end", {}).actual ==
        "a notification to a@sender.test returns somebody else's message");
  CHECK(told("1-begin 1-end", {}).outcome != fail);
}

TEST_CASE("truth_edges_what_is_returned_has_the_message_s_message_id") {
  const auto outcome = [](std::string_view id) {
    Conversation talk;
    talk.handover("1", {"b@rcpt.test"}, "a@sender.test", {}, "m1@sender.test");
    talk.handover("2", {"b@rcpt.test"}, "c@sender.test", {}, "m2@sender.test").sender_started();
    talk.session(1, 0s).ehlo().mail().rcpt("550 No").quit();
    talk.session(3, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    const std::vector<RecipientReport> reports = {failed("5.0.0")};
    journal::event::Content content;
    content.reports = reports;
    content.form.returned = "header";
    content.form.returned_message_id = id;
    return truth(talk.content(content).message().quit());
  };
  CHECK(outcome("m1@sender.test") == pass);
  CHECK(outcome("") == pass);
  CHECK(outcome("new@sender.test") == pass); // the sender may have given it another one
  CHECK(outcome("m2@sender.test") == fail);
}

TEST_CASE("truth_edges_a_failure_of_what_was_never_tried_is_made_up") {
  Conversation talk;
  talk.handover().sender_started();
  notify(talk, 1, 1min, {failed("5.1.2")});
  const auto said = [&talk](std::vector<scenario::Expectation> expected) {
    scenario::Scenario scenario = expecting(std::move(expected));
    scenario.server.extensions = scenario::default_extensions();
    return finding(judge(scenario, talk.journal()), "true-notification");
  };
  CHECK(said({}).actual == "b@rcpt.test is reported as failed, but was never tried");
  CHECK(said({must("delivered", std::string("never"))}).outcome == fail);
  // Where it is asked whether it arrives, that says so.
  CHECK(said({must("delivered", std::string("once"))}).outcome == pass);
}

TEST_CASE("truth_edges_a_text_before_the_first_try_tells_of_nothing") {
  const auto text = [](Moment tried) {
    Conversation talk;
    talk.handover().sender_started();
    notify(talk, 1, 0s, {});
    return truth(talk.session(2, tried).ehlo().deliver());
  };
  CHECK(text(1min) == fail);
  CHECK(text(2h) == Outcome::not_applicable);
}

TEST_CASE("truth_edges_a_group_without_a_recipient_is_a_matter_of_the_form") {
  Conversation talk = refused();
  CHECK(truth(notify(talk, 2, 1min, {failed("5.0.0"), failed("5.0.0", "")})) == pass);
}

TEST_CASE("truth_edges_a_notification_that_was_put_off_before_is_as_old_as_that") {
  const auto outcome = [](Moment first, bool accepted = false) {
    Conversation talk = taken_late();
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
