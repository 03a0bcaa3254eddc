// What a one-shot sender tells its caller, where one answer speaks of several recipients or messages, and which codes
// and statuses fit which end of a try.
#include "one_shot.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using journal::event::EndedBy;
using scenario::Stage;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

/// What one process was given and what became of each message; one exit status speaks of all.
Conversation meets(const std::vector<Meets>& all, int status) {
  Conversation talk;
  talk.run(one_shot_run());
  for (std::size_t i = 1; i <= all.size(); ++i)
    talk.handover(std::to_string(i), {"b" + std::to_string(i) + "@rcpt.test"});
  talk.sender_started();
  for (std::size_t i = 1; i <= all.size(); ++i) {
    const std::string to = "b" + std::to_string(i) + "@rcpt.test";
    if (all[i - 1] == Meets::nobody) continue;
    talk.session(i, i * 1s).ehlo().mail();
    switch (all[i - 1]) {
    case Meets::refused_for_now: talk.rcpt("452 Full", to).quit(); break;
    case Meets::refused_for_good: talk.rcpt("550 No", to).quit(); break;
    case Meets::lost_early: talk.rcpt("250 Ok", to).end(EndedBy::server_stop, Stage::data); break;
    case Meets::lost_after_dot:
      talk.rcpt("250 Ok", to).data().content().silence("close", false);
      talk.end(EndedBy::server, Stage::message);
      break;
    default: talk.rcpt("250 Ok", to).data().content().message().quit();
    }
  }
  return talk.sender_ended(status);
}

/// The last command of a try and its reply, what ended the connection, and a line of the result file about it.
struct Said {
  Stage stage;
  std::string_view reply;
  int code;
  std::string_view status;
  EndedBy by = EndedBy::client_quit;
};

Finding status(const Said& said) {
  Conversation talk;
  talk.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo();
  switch (said.stage) {
  case Stage::handshake: talk.exchange(Stage::starttls, "STARTTLS", "220 Go").tls(false); break;
  case Stage::rcpt: talk.mail().rcpt(said.reply); break;
  case Stage::data: talk.mail().rcpt().data(said.reply); break;
  case Stage::content: talk.mail().rcpt().data().exchange(Stage::content, "", said.reply); break;
  case Stage::message: talk.mail().rcpt().data().content().message(said.reply); break;
  default: FAIL("no such stage");
  }
  talk.end(said.by, said.stage);
  talk.result({"1", "b@rcpt.test", said.reply.starts_with('2') ? "delivered" : "temporary",
               said.code, said.status});
  return finding(judge(expecting({}), talk.sender_ended(1).journal()), "reports-status");
}

} // namespace

TEST_CASE("claims_edges_what_was_said_of_one_message_stands_whatever_is_said_of_the_next") {
  CHECK(outcome_of(meets({Meets::refused_for_now, Meets::accepted}, 75), "reports-failure") ==
        pass);
  CHECK(outcome_of(meets({Meets::accepted, Meets::refused_for_now}, 75), "reports-failure") ==
        pass);
  Conversation lines;
  lines.run(one_shot_run()).handover("1").handover("2", {"c@rcpt.test"}).sender_started();
  lines.session(1, 1s).ehlo().mail().rcpt("452 Full").quit();
  lines.session(2, 2s).ehlo().mail().rcpt("250 Ok", "c@rcpt.test");
  lines.data().content().message().quit();
  lines.result("1", "temporary").result("2", "delivered").sender_ended(0);
  CHECK(outcome_of(lines, "reports-failure") == pass);
  CHECK(outcome_of(lines, "reports-success") == pass);
}

TEST_CASE("claims_edges_who_was_ended_before_it_could_speak_has_said_nothing") {
  for (const Meets what :
       {Meets::accepted, Meets::refused_for_now, Meets::refused_for_good, Meets::lost_after_dot})
    for (const auto* rule : {"reports-failure", "reports-success", "reports-doubt", "reports-kind",
                             "reports-each", "reports-status"})
      CHECK(outcome_of(met_once(what).sender_timed_out(), rule) == none);
  Conversation mixed;
  mixed.run(one_shot_run()).handover("1", {"b@rcpt.test", "c@rcpt.test"}).sender_started();
  mixed.session(1, 1s).ehlo().mail().rcpt().rcpt("550 No", "c@rcpt.test");
  mixed.data().content().message().quit().sender_timed_out();
  CHECK(outcome_of(mixed, "reports-each") == none);
}

TEST_CASE("claims_edges_for_good_is_no_lie_in_doubt_where_it_speaks_of_another_message_too") {
  const auto doubt = [](std::vector<Meets> others, int status) {
    others.insert(others.begin(), Meets::lost_after_dot);
    return outcome_of(meets(others, status), "reports-doubt");
  };
  CHECK(doubt({}, 69) == fail);
  CHECK(doubt({Meets::refused_for_good}, 69) == pass);
  CHECK(doubt({Meets::nobody}, 69) == pass);
  CHECK(doubt({Meets::refused_for_now}, 69) == fail);
  CHECK(doubt({Meets::refused_for_good}, 0) == fail);
  CHECK(doubt({Meets::refused_for_now}, 75) == pass);
}

TEST_CASE("claims_edges_the_kind_is_asked_where_the_reasons_are_the_server_s") {
  const auto kind = [](const std::vector<Meets>& all, int status) {
    return outcome_of(meets(all, status), "reports-kind");
  };
  CHECK(kind({Meets::refused_for_good}, 75) == fail);
  CHECK(kind({Meets::refused_for_good, Meets::nobody}, 75) == none);
  CHECK(kind({Meets::refused_for_good, Meets::lost_early}, 75) == none); // the servers were stopped
  CHECK(kind({Meets::refused_for_good, Meets::refused_for_now}, 75) == pass);
  CHECK(kind({Meets::refused_for_good, Meets::refused_for_now}, 69) == pass);
  CHECK(kind({Meets::lost_after_dot, Meets::refused_for_now}, 69) == fail);
  CHECK(kind({Meets::lost_after_dot, Meets::accepted}, 69) == pass); // `reports-doubt` says it
}

TEST_CASE("claims_edges_a_code_is_the_last_reply_s_where_that_was_one") {
  const auto outcome = [](const Said& said) { return status(said).outcome; };
  CHECK(outcome({Stage::message, "250 Ok", 250, ""}) == pass);
  CHECK(outcome({Stage::message, "250 Ok", 251, ""}) == fail);
  CHECK(outcome({Stage::rcpt, "452 Full", 452, ""}) == pass);
  CHECK(outcome({Stage::rcpt, "452 Full", 451, ""}) == fail);
  // What is out of place is no code of a failure; one that SMTP does not know is what it is.
  CHECK(outcome({Stage::data, "250 Ok", 250, ""}) == fail);
  CHECK(outcome({Stage::rcpt, "399 Hm", 399, ""}) == fail);
  CHECK(outcome({Stage::rcpt, "600 Hm", 600, ""}) == pass);
  CHECK(outcome({Stage::rcpt, "650 Hm", 650, ""}) == pass);
  CHECK(status({Stage::rcpt, "399 Hm", 399, ""}).actual ==
        "its result file reports code 399 for b@rcpt.test, but the server sent no reply");
  CHECK(status({Stage::rcpt, "600 Hm", 399, ""}).actual ==
        "its result file reports code 399 for b@rcpt.test, but the server replied 600");
  // Words without a code: nobody knows what a client makes of them.
  CHECK(outcome({Stage::rcpt, "hello", 0, "5.1.1"}) == none);
  CHECK(outcome({Stage::rcpt, "hello", 550, ""}) == none);
}

TEST_CASE("claims_edges_a_status_is_the_last_reply_s_or_has_its_class") {
  const auto outcome = [](std::string_view reply, std::string_view said) {
    return status({Stage::rcpt, reply, 0, said}).outcome;
  };
  CHECK(outcome("452 4.2.2 Full", "4.2.2") == pass);
  CHECK(outcome("452 4.2.2 Full", "4.2.1") == fail);
  CHECK(outcome("452 4.2.2 Full", "4.0.0") == pass);
  CHECK(outcome("452 4.2.2 Full", "5.0.0") == fail);
  for (const auto* right : {"4.2.2", "4.0.0", "4.7.1"})
    CHECK(outcome("452 Full", right) == pass);
  for (const auto* wrong : {"5.2.2", "2.4.4", "0.4.2"})
    CHECK(outcome("452 Full", wrong) == fail);
  CHECK(outcome("550 No", "5.1.1") == pass);
  CHECK(outcome("550 No", "4.5.5") == fail);
  CHECK(status({Stage::rcpt, "452 Full", 0, "5.2.2"}).actual ==
        "its result file reports status 5.2.2 for b@rcpt.test, but the server replied 452");
  CHECK(status({Stage::rcpt, "452 4.2.2 Full", 0, "5.2.2"}).actual ==
        "its result file reports status 5.2.2 for b@rcpt.test, but the server replied 4.2.2");
}

TEST_CASE("claims_edges_a_status_fits_how_a_connection_was_lost") {
  const auto lost = [](Stage stage, std::string_view said) {
    return status({stage, "", 0, said, EndedBy::server}).outcome;
  };
  for (const Stage stage : {Stage::handshake, Stage::rcpt}) {
    CHECK(lost(stage, "4.4.2") == pass);
    CHECK(lost(stage, "4.0.0") == pass);
    CHECK(lost(stage, "4.3.2") == fail);
    CHECK(lost(stage, "4.5.1") == fail);
  }
  CHECK(lost(Stage::handshake, "4.7.5") == pass); // security
  CHECK(lost(Stage::rcpt, "4.7.5") == fail);
  CHECK(status({Stage::data, "250 Ok", 0, "5.5.1"}).outcome == pass); // protocol
  CHECK(status({Stage::data, "250 Ok", 0, "4.4.2"}).outcome == pass);
  CHECK(status({Stage::data, "250 Ok", 0, "5.7.1"}).outcome == fail);
}

TEST_CASE("claims_edges_a_reply_may_be_unheard_that_ends_the_connection_in_mid_content") {
  const auto outcome = [](Stage stage, int code, std::string_view said, EndedBy by) {
    return status({stage, "552 5.3.4 Too much", code, said, by}).outcome;
  };
  CHECK(outcome(Stage::content, 0, "4.4.2", EndedBy::server) == none);
  CHECK(outcome(Stage::content, 552, "5.3.4", EndedBy::server) == pass);
  CHECK(outcome(Stage::content, 552, "4.4.2", EndedBy::server) == fail); // it was read
  CHECK(outcome(Stage::content, 0, "5.1.1", EndedBy::server) == fail);
  CHECK(outcome(Stage::content, 0, "4.4.2", EndedBy::client_closed) == fail);
  CHECK(outcome(Stage::message, 0, "4.4.2", EndedBy::server) == fail);
}

TEST_CASE("claims_edges_a_status_for_all_or_of_what_was_not_tried_is_nobody_s") {
  const auto outcome = [](Conversation talk) {
    talk.result({"1", {}, "temporary", 451, "4.9.9"});
    return outcome_of(talk.sender_ended(75), "reports-status");
  };
  CHECK(outcome(met_once(Meets::refused_for_now)) == fail);
  Conversation left;
  left.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().mail().rcpt();
  CHECK(outcome(left.quit()) == none);
  Conversation stopped;
  stopped.run(one_shot_run()).handover().sender_started().session(1, 1s).ehlo().mail();
  CHECK(outcome(stopped.end(EndedBy::server_stop, Stage::rcpt)) == none);
  Conversation two;
  two.run(one_shot_run()).handover("1", {"b@rcpt.test", "c@rcpt.test"}).sender_started();
  two.session(1, 1s).ehlo().mail().rcpt("452 Full").rcpt("452 Full", "c@rcpt.test").quit();
  CHECK(outcome(two) == none);
}
