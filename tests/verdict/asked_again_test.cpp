// What happens again within one session: a recipient is asked for twice, a transaction is taken back, a command is
// repeated after its refusal.
#include "conversation.hpp"
#include "findings.hpp"
#include "notifying.hpp"
#include "scenario/read_server.hpp"
#include "seen.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using scenario::Stage;
using test::Conversation;
using test::found;
using test::must;
using test::notify;
using test::Seen;
using namespace std::chrono_literals;

namespace {

/// In one transaction a recipient is refused, and asked for again after this time, with these replies.
Conversation asks_again(Duration pause, const std::vector<const char*>& replies) {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail();
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (i != 0) talk.wait(pause);
    talk.rcpt(replies[i]);
  }
  return talk;
}

Finding once(const Conversation& talk) {
  return found(talk, "delivered", {must("delivered", std::string("once"))});
}

Outcome tries(const Conversation& talk, std::uint64_t most) {
  return found(talk, "tries", {must("tries", scenario::Range<std::uint64_t>{1, most})}).outcome;
}

/// The same command so often in one session, so far apart, with this reply.
Outcome repeated(Stage stage, const char* line, std::size_t times, Duration pause,
                 const char* reply = "451 Later") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo();
  for (std::size_t i = 0; i < times; ++i)
    talk.exchange(stage, line, reply).wait(pause);
  return found(talk.quit(), "pause").outcome;
}

} // namespace

TEST_CASE("asked_again_a_refused_recipient_is_tried_again") {
  Conversation talk = asks_again(40min, {"450 Later", "250 Ok"});
  talk.data().content().message().quit();
  CHECK(Seen(talk).story() == "transient@rcpt accepted@message");
  CHECK(once(talk).outcome == Outcome::pass);
  CHECK(found(talk, "retry", {must("retry")}).outcome == Outcome::pass);
  // One that comes another time, although this was accepted, is a duplicate.
  talk.session(2, 3h).ehlo().deliver().quit();
  CHECK(Seen(talk).story() == "transient@rcpt accepted@message accepted@message");
  CHECK(found(talk, "no-duplicate").outcome == Outcome::fail);
}

TEST_CASE("asked_again_without_a_pause_is_hammering") {
  CHECK(found(asks_again(1s, {"450 Later", "450 Later", "450 Later", "450 Later"}).quit(), "pause")
            .outcome == Outcome::fail);
  CHECK(
      found(asks_again(2min, {"450 Later", "450 Later", "450 Later", "450 Later"}).quit(), "pause")
          .outcome == Outcome::pass);
}

TEST_CASE("asked_again_a_recipient_that_stands_twice_in_a_list_is_tried_once") {
  CHECK(Seen(asks_again(0s, {"450 Later", "450 Later"}).quit()).story() == "transient@rcpt");
  CHECK(Seen(asks_again(0s, {"250 Ok", "250 Ok"}).data().content().message().quit()).story() ==
        "accepted@message");
  // After an acceptance nothing more is asked.
  CHECK(Seen(asks_again(0s, {"250 Ok", "450 Later"}).data().content().message().quit()).story() ==
        "accepted@message");
}

TEST_CASE("asked_again_after_a_refused_mail_says_nothing") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail("452 Full");
  talk.rcpt("503 No MAIL").rcpt("503 No MAIL").rcpt("503 No MAIL").quit();
  CHECK(Seen(talk).story() == "transient@mail");
}

TEST_CASE("asked_again_what_was_taken_back_is_no_try_if_another_follows") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().mail().rcpt().exchange(Stage::rset, "RSET", "250 Ok");
  Conversation alone = talk;
  CHECK(tries(alone.quit(), 1) == Outcome::pass);
  talk.deliver().quit();
  CHECK(tries(talk, 1) == Outcome::pass);
  // What was refused was a try, whatever the client said then.
  Conversation refused;
  refused.handover().session(1, 0s).ehlo().mail().rcpt("450 Later");
  refused.exchange(Stage::rset, "RSET", "250 Ok").deliver().quit();
  CHECK(tries(refused, 1) == Outcome::fail);
}

TEST_CASE("asked_again_any_command_that_failed_needs_a_pause") {
  const std::vector<std::pair<Stage, const char*>> commands = {{Stage::ehlo, "EHLO client.test"},
                                                               {Stage::starttls, "STARTTLS"},
                                                               {Stage::auth, "AUTH PLAIN *"},
                                                               {Stage::data, "DATA"}};
  for (const auto& [stage, line] : commands) {
    INFO(line);
    CHECK(repeated(stage, line, 6, 1s) == Outcome::fail);
    CHECK(repeated(stage, line, 5, 1s) == Outcome::not_applicable);
    CHECK(repeated(stage, line, 9, 2min) == Outcome::not_applicable);
    CHECK(repeated(stage, line, 9, 1s, "250 Ok") == Outcome::not_applicable);
  }
  CHECK(repeated(Stage::noop, "NOOP", 9, 1s) == Outcome::not_applicable);
}

TEST_CASE("asked_again_for_another_message_is_no_repetition") {
  Conversation talk;
  talk.session(1, 0s).ehlo();
  for (int i = 0; i < 9; ++i)
    talk.mail()
        .rcpt("250 Ok", std::to_string(i) + "@rcpt.test")
        .data("452 Full")
        .exchange(Stage::rset, "RSET", "250 Ok");
  CHECK(found(talk.quit(), "pause").outcome == Outcome::not_applicable);
  // Chunks that were on their way.
  Conversation chunks;
  chunks.handover().session(1, 0s).ehlo().mail().rcpt();
  for (int i = 0; i < 9; ++i) {
    journal::event::Exchange chunk;
    chunk.stage = Stage::data;
    chunk.verb = "BDAT";
    chunk.line = "BDAT 100";
    chunk.reply = "503 No MAIL";
    chunk.code = 503;
    chunks.exchange(chunk);
  }
  CHECK(found(chunks.quit(), "pause").outcome == Outcome::not_applicable);
}

TEST_CASE("asked_again_what_comes_from_nobody_need_not_be_a_notification") {
  Conversation talk;
  talk.session(1, 0s).ehlo().deliver().quit();
  for (std::uint64_t i = 2; i < 12; ++i)
    talk.session(i, i * 1s).ehlo().mail("250 Ok", "").rcpt("451 Later", "a@sender.test").quit();
  CHECK(found(talk, "pause").outcome != Outcome::fail);
}

TEST_CASE("asked_again_who_missed_something_may_return_the_message") {
  Conversation talk;
  talk.handover().session(1, 0s).ehlo().quit();
  notify(talk, 2, 1min, {test::failed("5.6.7")}).finish(24h);
  scenario::Scenario scenario = test::expecting({must("delivered", std::string("once"))});
  CHECK(test::finding(judge(scenario, talk.journal()), "delivered").outcome ==
        Outcome::not_applicable);
  // Of a server that offers all that is usual there is nothing to miss.
  scenario.server.extensions = scenario::default_extensions();
  CHECK(test::finding(judge(scenario, talk.journal()), "delivered").outcome == Outcome::fail);
}

TEST_CASE("asked_again_notifications_need_a_pause_too") {
  const auto hammers = [](std::uint64_t times, Duration pause) {
    Conversation talk = test::refused();
    for (std::uint64_t i = 0; i < times; ++i)
      talk.session(i + 2, 1min + i * pause)
          .ehlo()
          .mail("250 Ok", "")
          .rcpt("450 Later", "a@sender.test")
          .quit();
    return found(talk, "pause").outcome;
  };
  CHECK(hammers(9, 1s) == Outcome::fail);
  CHECK(hammers(3, 1s) == Outcome::not_applicable);
  CHECK(hammers(9, 2min) == Outcome::not_applicable);
}

TEST_CASE("asked_again_in_clear_text_after_tls_each_time_is_hammering") {
  const auto hammers = [](std::uint64_t times, Duration pause) {
    Conversation talk;
    talk.handover();
    for (std::uint64_t i = 0; i < times; ++i) {
      talk.session(2 * i + 1, i * pause).ehlo().exchange(Stage::starttls, "STARTTLS", "220 Go");
      talk.tls(false).end(journal::event::EndedBy::client_closed, Stage::handshake);
      talk.session(2 * i + 2, i * pause + 1s).ehlo().mail("450 Later").quit();
    }
    return found(talk, "pause").outcome;
  };
  CHECK(hammers(5, 2s) == Outcome::fail);
  CHECK(hammers(5, 40min) == Outcome::pass);
}

TEST_CASE("asked_again_one_recipient_is_not_for_ever_one_too_many") {
  const auto tried = [](std::uint64_t times) {
    Conversation talk;
    talk.handover();
    for (std::uint64_t i = 0; i < times; ++i)
      talk.session(i + 1, i * 1s).ehlo().mail().rcpt("452 4.5.3 Too many").quit();
    return found(talk, "pause").outcome;
  };
  CHECK(tried(21) == Outcome::pass);
  CHECK(tried(24) == Outcome::fail);
}

TEST_CASE("asked_again_success_is_not_told_before_it_is_there") {
  const auto told = [](const char* action, bool accepted) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo(test::with_dsn).mail();
    if (accepted)
      talk.rcpt().data().content().message().quit();
    else
      talk.rcpt("450 Later").quit();
    journal::event::RecipientReport report = test::failed("2.0.0");
    report.action = action;
    notify(talk, 2, 1min, {report});
    return found(talk, "true-notification");
  };
  for (const char* action : {"delivered", "relayed", "expanded"}) {
    INFO(action);
    CHECK(told(action, false).outcome == Outcome::fail);
    CHECK(told(action, false).actual ==
          "b@rcpt.test is reported as " + std::string(action) + ", but had not been accepted");
    CHECK(told(action, true).outcome == Outcome::pass);
  }
}

TEST_CASE("asked_again_an_empty_mail_from_nobody_notifies_nobody") {
  const auto comes = [](std::optional<std::uint64_t> text_size) {
    Conversation talk = test::refused();
    talk.session(2, 1min).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
    talk.content("", text_size, {}).message().quit();
    return test::notified(test::lasting(talk, 5h, 24h), std::string("failed")).outcome;
  };
  CHECK(comes(0) == Outcome::fail);
  CHECK(comes(20) == Outcome::pass);
  CHECK(comes(std::nullopt) == Outcome::pass); // nobody looked
}

TEST_CASE("asked_again_what_nobody_refused_is_not_returned") {
  const auto returns = [](const char* reply, bool is_unusual = false) {
    Conversation talk;
    talk.handover().session(1, 0s).ehlo().mail().rcpt(reply).quit();
    notify(talk, 2, 1min, {test::failed("5.0.0")}).finish(24h);
    scenario::Scenario scenario = test::expecting({must("delivered", std::string("once"))});
    if (!is_unusual) scenario.server.extensions = scenario::default_extensions();
    return test::finding(judge(scenario, talk.journal()), "delivered").outcome;
  };
  CHECK(returns("250 Ok") == Outcome::fail);
  CHECK(returns("250 Ok", true) == Outcome::not_applicable); // something that it needs is missing
  CHECK(returns("550 No") == Outcome::not_applicable);
}
