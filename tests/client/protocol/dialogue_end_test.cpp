// Every time-out, every drop, and 421 at every stage: who is settled how, and what is said.
#include "client/protocol/conversation.hpp"
#include "support/catch.hpp"

#include <functional>

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {

const std::string body = "body\r\n";

/// A passage that leads to a stage in which a reply is awaited.
struct Passage {
  Stage stage;
  std::chrono::milliseconds patience;
  bool in_transaction;
  std::function<void(Conversation&)> go;
};

std::vector<Passage> passages() {
  const auto begun = [](Conversation& session) -> Conversation& {
    return session.greeted().begins(body, {"x@mx.test"});
  };
  return {
      {Stage::greeting, 5min, false, [](Conversation& session) { session.connected(); }},
      {Stage::ehlo, 5min, false,
       [](Conversation& session) { session.connected().hears("220 mx"); }},
      {Stage::mail, 5min, true, [=](Conversation& session) { begun(session); }},
      {Stage::rcpt, 5min, true, [=](Conversation& session) { begun(session).hears("250 ok"); }},
      {Stage::data, 2min, true,
       [=](Conversation& session) { begun(session).hears("250 ok").hears("250 ok"); }},
      {Stage::message, 10min, true,
       [=](Conversation& session) { session.greeted().accepted(body, {"x@mx.test"}).wrote(); }},
  };
}

} // namespace

TEST_CASE("time_out_at_each_stage") {
  for (const Passage& passage : passages()) {
    INFO(name(passage.stage));
    Conversation session(plain_settings());
    passage.go(session);
    session.awaits(passage.stage, passage.patience).times_out().says("").closes();
    const std::string judgement =
        passage.stage == Stage::greeting
            ? "transient no-greeting greeting 4.4.1 0"
            : "transient time-out " + std::string(name(passage.stage)) + " 4.4.2 0";
    if (passage.in_transaction) {
      session.settles(0, judgement + (passage.stage == Stage::message ? " in-doubt" : ""))
          .is_done(false);
    } else {
      session.fails_session(judgement);
    }
  }
}

TEST_CASE("drop_at_each_stage") {
  for (const Ending ending : {Ending::closed, Ending::reset}) {
    for (const Passage& passage : passages()) {
      INFO(name(passage.stage));
      Conversation session(plain_settings());
      passage.go(session);
      session.loses(ending).says("").closes();
      const std::string judgement =
          "transient dropped " + std::string(name(passage.stage)) + " 4.4.2 0";
      if (passage.in_transaction) {
        session.settles(0, judgement + (passage.stage == Stage::message ? " in-doubt" : ""))
            .is_done(false);
      } else {
        session.fails_session(judgement);
      }
    }
  }
}

TEST_CASE("a_421_at_each_stage_closes_at_once") {
  for (const Passage& passage : passages()) {
    INFO(name(passage.stage));
    Conversation session(plain_settings());
    passage.go(session);
    session.hears("421 4.3.2 going down").says("").closes();
    const std::string judgement =
        "transient reply-4yz " + std::string(name(passage.stage)) + " 4.3.2 421";
    if (passage.in_transaction) {
      session.settles(0, judgement).is_done(false);
    } else {
      session.fails_session(judgement);
    }
  }
}

TEST_CASE("garbage_at_each_stage_is_transient") {
  for (const Passage& passage : passages()) {
    for (const char* garbage : {"25012 ok", "hello", "250-a\r\n550 b", "", "650 x"}) {
      INFO(name(passage.stage) << ": " << garbage);
      Conversation session(plain_settings());
      passage.go(session);
      session.hears_bytes(std::string(garbage) + "\r\n").says("QUIT").closes();
      const std::string judgement =
          "transient protocol-error " + std::string(name(passage.stage)) + " 4.5.0 0";
      if (passage.in_transaction) {
        session.settles(0, judgement + (passage.stage == Stage::message ? " in-doubt" : ""));
      } else {
        session.fails_session(judgement);
      }
    }
  }
}

TEST_CASE("drop_within_the_content_is_not_in_doubt") {
  Conversation session(plain_settings());
  session.greeted().accepted(body, {"x@mx.test"}).loses(Ending::reset);
  session.settles(0, "transient dropped content 4.4.2 0").is_done(false).closes();
  Conversation slow(plain_settings());
  slow.greeted()
      .accepted(body, {"x@mx.test"})
      .times_out()
      .settles(0, "transient time-out content 4.4.2 0")
      .closes();
}

TEST_CASE("drop_of_a_pipelined_session_settles_everybody_once") {
  Conversation session(plain_settings());
  session.greeted("250-mx\n250 PIPELINING").begins(body, {"x@mx.test", "y@mx.test"});
  session.hears("250 ok\n550 5.1.1 no")
      .settles(0, "permanent reply-5yz rcpt 5.1.1 550")
      .loses(Ending::closed);
  session.settles(0, "nothing").settles(1, "transient dropped rcpt 4.4.2 0").is_done(false);
}

TEST_CASE("a_connection_that_was_dead_all_along_is_told_apart") {
  Conversation session(plain_settings());
  session.greeted().accepted(body, {"x@mx.test"}).wrote().hears("250 ok").is_done();
  session.begins(body, {"y@mx.test"}).loses(Ending::reset);
  CHECK(session.find<action::TransactionDone>()->nothing_heard);
  Conversation heard(plain_settings());
  heard.greeted().begins(body, {"y@mx.test"}).hears("250 ok").loses(Ending::reset);
  CHECK_FALSE(heard.find<action::TransactionDone>()->nothing_heard);
}

TEST_CASE("idle_connections_end_quietly") {
  Conversation dropped(plain_settings());
  dropped.greeted().loses(Ending::closed).fails_session("transient dropped idle 4.4.2 0").closes();
  Conversation told(plain_settings());
  told.greeted()
      .hears("421 4.4.2 idle too long")
      .fails_session("transient reply-4yz idle 4.4.2 421")
      .says("")
      .closes();
  Conversation odd(plain_settings());
  odd.greeted().hears("250 hello?").fails_session("transient protocol-error idle 4.5.0 0").closes();
}

TEST_CASE("quit_ends_whatever_the_server_does") {
  const auto quitting = [](Conversation& session) -> Conversation& {
    return session.greeted().quits().says("QUIT");
  };
  Conversation polite(plain_settings());
  quitting(polite).hears("221 bye").says("").closes();
  Conversation rude(plain_settings());
  quitting(rude).hears("500 what").says("").closes();
  Conversation silent(plain_settings());
  quitting(silent).times_out().closes();
  Conversation gone(plain_settings());
  quitting(gone).loses(Ending::reset).closes();
  Conversation garbage(plain_settings());
  quitting(garbage).hears("gibberish").says("").closes();
}

TEST_CASE("nothing_happens_after_the_end") {
  Conversation session(plain_settings());
  session.connected().hears("421 no");
  CHECK(session.hears("220 back").last().empty());
  CHECK(session.loses(Ending::closed).last().empty());
  CHECK(session.times_out().last().empty());
}
