// A store that is lost for a while: what the judge says of what fell into that time, and of what did not.
#include "conversation.hpp"
#include "findings.hpp"
#include "seen.hpp"
#include "verdict/losses.hpp"

#include <chrono>
#include <functional>
#include <vector>

using namespace tempfail;
using namespace tempfail::verdict;
using namespace std::chrono_literals;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using test::must;
using test::Seen;

namespace {

scenario::Expectation first_retry_after_half_an_hour() {
  return must("first-retry", scenario::Range<Duration>{30min, std::nullopt});
}

scenario::Scenario usual() {
  return test::expecting({must("retry"), must("delivered", std::string("once")),
                          first_retry_after_half_an_hour(), must("back-off"),
                          must("tries", scenario::Range<std::uint64_t>{1, 2})});
}

Finding found(const Conversation& talk, std::string_view rule) {
  return test::finding(judge(usual(), talk.journal()), rule);
}
Outcome outcome(const Conversation& talk, std::string_view rule) {
  return found(talk, rule).outcome;
}
Outcome first_retry(const Conversation& talk) {
  return outcome(talk, "first-retry");
}

/// Connects and is deferred, by the scenario.
void deferred(Conversation& talk, std::uint64_t session, Moment at,
              const std::string& recipient = "b@rcpt.test") {
  talk.session(session, at).ehlo().mail().rcpt("450 4.2.0 Later", recipient).quit();
}
void delivered(Conversation& talk, std::uint64_t session, Moment at,
               const std::string& message_id = "m1@sender.test") {
  talk.session(session, at).ehlo().deliver(message_id);
}

/// Somebody is turned away while the store is lost.
void loss(Conversation& talk, Moment begin, Moment end, std::uint64_t session,
          std::string_view client = "127.0.0.1") {
  talk.store_lost(begin);
  talk.connect(session, begin + (end - begin) / 2, client).turned_away();
  talk.store_found(end);
}

} // namespace

TEST_CASE("losses: a retry that comes too early stays so where the loss comes after all of it") {
  Conversation talk;
  deferred(talk, 1, 1min);
  delivered(talk, 2, 2min);
  loss(talk, 1h, 2h, 3);
  CHECK(first_retry(talk) == Outcome::fail);
  CHECK(outcome(talk, "retry") == Outcome::pass);
  CHECK(outcome(talk, "delivered") == Outcome::pass);
}

TEST_CASE("losses: a retry that comes too early stays so where the message is still under way in "
          "the loss") {
  Conversation talk;
  deferred(talk, 1, 1min);
  deferred(talk, 2, 2min);
  loss(talk, 1h, 2h, 3);
  delivered(talk, 4, 3h);
  const Finding finding = found(talk, "first-retry");
  CHECK(finding.outcome == Outcome::fail);
  CHECK(finding.near_miss == "29m too early");
}

TEST_CASE("losses: a retry that was turned away is no retry, and none that comes too early") {
  Conversation talk;
  deferred(talk, 1, 1min);
  loss(talk, 90s, 150s, 2);
  delivered(talk, 3, 3h);
  const Finding finding = found(talk, "first-retry");
  CHECK(finding.outcome == Outcome::undecided);
  CHECK(finding.actual ==
        "the store was lost from 1m30s to 2m30s: what was answered then, or because of it, can't "
        "be judged");
  CHECK(finding.expected == "at least 30m after the first failure");
  REQUIRE(finding.evidence.size() == 1);
  CHECK(finding.evidence.front().text == "the store was lost: Connection refused");
  CHECK(outcome(talk, "retry") == Outcome::pass); // that it came after the loss is enough
  CHECK(outcome(talk, "delivered") == Outcome::pass);
}

TEST_CASE("losses: an only retry that was turned away is not known to be one") {
  Conversation talk;
  deferred(talk, 1, 1min);
  loss(talk, 40min, 50min, 2);
  talk.finish(24h);
  CHECK(outcome(talk, "retry") == Outcome::undecided);
  CHECK(first_retry(talk) == Outcome::undecided);
  CHECK(outcome(talk, "delivered") == Outcome::undecided);
  CHECK(judge(usual(), talk.journal()).answer(false) == Answer::undecided);
}

TEST_CASE("losses: what was only turned away is neither lost by its sender nor retried") {
  for (const bool handed_over : {false, true}) {
    Conversation talk;
    if (handed_over) talk.handover();
    loss(talk, 1min, 2min, 1);
    talk.finish(24h);
    CHECK(outcome(talk, "delivered") == Outcome::undecided);
    CHECK(outcome(talk, "retry") != Outcome::pass);
    CHECK(judge(usual(), talk.journal()).answer(false) == Answer::undecided);
  }
}

TEST_CASE("losses: a message that begins after one may have begun in it, if its client was turned "
          "away") {
  const auto begins = [](Moment at, std::string_view turned_away) {
    // At a port that leads to several scenarios nobody knows which one a connection is for that says nothing.
    Conversation shared("*", 2);
    loss(shared, 1min, 2min, 1, turned_away);
    Conversation talk;
    deferred(talk, 2, at);
    delivered(talk, 3, at + 1min);
    const auto journal = journal::Journal::decode(shared.text() + talk.text());
    return test::finding(judge(usual(), journal), "first-retry").outcome;
  };
  CHECK(begins(10min, "127.0.0.1") == Outcome::undecided);
  CHECK(begins(2min + 4h, "127.0.0.1") == Outcome::undecided);
  CHECK(begins(2min + 4h + 1s, "127.0.0.1") == Outcome::fail); // no first retry is so late
  CHECK(begins(10min, "127.0.0.9") == Outcome::fail);
}

TEST_CASE(
    "losses: a message that was handed over before may have begun in one, however late it comes") {
  const auto comes_late = [](bool handed_over) {
    Conversation shared("*", 2);
    loss(shared, 1min, 2min, 1);
    Conversation talk;
    if (handed_over) talk.handover();
    deferred(talk, 2, 7h);
    delivered(talk, 3, 7h + 1min);
    const auto journal = journal::Journal::decode(shared.text() + talk.text());
    return test::finding(judge(usual(), journal), "first-retry").outcome;
  };
  CHECK(comes_late(true) == Outcome::undecided);
  CHECK(comes_late(false) == Outcome::fail);
}

TEST_CASE("losses: what was over before one is judged as a whole") {
  Conversation talk;
  deferred(talk, 1, 1min);
  deferred(talk, 2, 5h);
  delivered(talk, 3, 5h + 20min);
  loss(talk, 10h, 11h, 4);
  CHECK(outcome(talk, "back-off") == Outcome::fail);
}

TEST_CASE("losses: one that met nobody hides nothing") {
  Conversation talk;
  deferred(talk, 1, 1min);
  talk.store_lost(90s).store_found(100s);
  delivered(talk, 2, 2min);
  CHECK(first_retry(talk) == Outcome::fail);
  CHECK(outcome(talk, "retry") == Outcome::pass);
}

TEST_CASE("losses: a store that was restarted has forgotten how often a message was tried") {
  const auto tries = [](bool restarted) {
    Conversation talk;
    deferred(talk, 1, 1min);
    talk.store_lost(30min).store_found(31min, restarted);
    deferred(talk, 2, 1h);
    delivered(talk, 3, 3h);
    return outcome(talk, "tries");
  };
  CHECK(tries(false) == Outcome::fail);
  CHECK(tries(true) == Outcome::undecided);
}

TEST_CASE("losses: a restart says nothing of what was over, and nothing of what was kept") {
  Conversation talk;
  deferred(talk, 1, 1min);
  delivered(talk, 2, 1h);
  talk.store_lost(2h).store_found(3h, true);
  for (const auto* rule : {"retry", "delivered", "first-retry"})
    CHECK(outcome(talk, rule) == Outcome::pass);
  Conversation under_way;
  deferred(under_way, 1, 1min);
  under_way.store_lost(30min).store_found(31min, true);
  delivered(under_way, 2, 1h);
  for (const auto* rule : {"retry", "delivered", "first-retry"})
    CHECK(outcome(under_way, rule) == Outcome::pass);
}

TEST_CASE("losses: an acceptance that the sender was not told of is not the end of a message") {
  Conversation talk;
  deferred(talk, 1, 1min);
  talk.session(2, 40min).ehlo().mail().rcpt().data().content().silence("reset", true);
  talk.end({EndedBy::server, Stage::message, 0, {}, true, 0});
  talk.store_lost(1h).store_found(2h, true);
  deferred(talk, 3, 3h);
  delivered(talk, 4, 5h);
  CHECK(outcome(talk, "tries") == Outcome::undecided);
}

TEST_CASE("losses: a message that was under way is no reason to spare another one") {
  Conversation talk;
  deferred(talk, 1, 1min, "first@rcpt.test");
  talk.session(2, 2min).ehlo().mail().rcpt("250 Ok", "first@rcpt.test").data().content("one@x");
  talk.message().quit();
  talk.session(3, 3min).ehlo().mail().rcpt("450 Later", "other@rcpt.test").quit();
  loss(talk, 4min, 5min, 4);
  talk.session(5, 2h).ehlo().mail().rcpt("250 Ok", "other@rcpt.test").data().content("two@x");
  talk.message().quit();
  const Finding finding = found(talk, "first-retry");
  CHECK(finding.outcome == Outcome::fail);
  CHECK(finding.actual.starts_with("first@rcpt.test: after 1m"));
  CHECK(finding.actual.find("more of the same kind") == std::string::npos);
}

TEST_CASE("losses: intervals that a loss has cut short are not held against the sender") {
  Conversation talk;
  deferred(talk, 1, 1min);
  deferred(talk, 2, 1h);
  loss(talk, 3h, 4h, 3);
  deferred(talk, 4, 3h + 31min);
  delivered(talk, 5, 9h);
  CHECK(outcome(talk, "back-off") == Outcome::undecided);
  // The first two are alike, but those after them need not be.
  Conversation alike;
  deferred(alike, 1, 1h);
  deferred(alike, 2, 1h + 20min);
  deferred(alike, 3, 1h + 40min);
  loss(alike, 1h + 50min, 4h, 4);
  alike.finish(5h);
  CHECK(outcome(alike, "back-off") == Outcome::undecided);
}

TEST_CASE("losses: a copy too many is one before and after a loss, and across it") {
  const auto copies = [](Moment first, Moment second) {
    Conversation talk;
    std::vector<Moment> times = {first, second};
    deferred(talk, 1, 1min);
    for (std::uint64_t i = 0; i < 2; ++i)
      if (times[i] < 1h) delivered(talk, 2 + i, times[i]);
    loss(talk, 1h, 2h, 9);
    for (std::uint64_t i = 0; i < 2; ++i)
      if (times[i] >= 1h) delivered(talk, 2 + i, times[i]);
    return outcome(talk, "no-duplicate");
  };
  CHECK(copies(40min, 50min) == Outcome::fail);
  CHECK(copies(40min, 3h) == Outcome::fail);
  CHECK(copies(3h, 4h) == Outcome::fail);
}

TEST_CASE("losses: a message that was refused because of one was not taken") {
  Conversation talk;
  talk.store_lost(1min).session(1, 30s).ehlo().mail().rcpt().data();
  talk.content().resume(1, 61s).turned_away(Stage::message);
  talk.store_found(2min);
  delivered(talk, 2, 40min);
  const Seen seen(talk);
  CHECK(seen.story() == "cut off@message accepted@message");
  CHECK(outcome(talk, "delivered") == Outcome::pass);
  CHECK(outcome(talk, "no-duplicate") == Outcome::pass);
  CHECK(outcome(talk, "retry") == Outcome::not_applicable); // no failure of the scenario's
}

TEST_CASE("losses: what came before it in the same session counts") {
  Conversation talk;
  talk.session(1, 1min).ehlo().mail().rcpt().data().content().message();
  talk.store_lost(2min).turned_away(Stage::mail, "MAIL FROM:<a@sender.test>");
  talk.store_found(3min);
  delivered(talk, 2, 40min);
  CHECK(Seen(talk).story() == "accepted@message accepted@message");
  CHECK(outcome(talk, "no-duplicate") == Outcome::fail);
}

TEST_CASE("losses: what a client does about the 421 of one is not judged") {
  Conversation talk;
  deferred(talk, 1, 1min);
  talk.store_lost(2min).session(2, 2min).ehlo();
  talk.turned_away(Stage::mail, "MAIL FROM:<a@sender.test>");
  journal::event::Exchange again;
  again.stage = Stage::mail;
  again.number = 9;
  again.line = "RCPT TO:<b@rcpt.test>";
  again.verb = "RCPT";
  again.breaches = static_cast<journal::Breaches>(journal::Breach::talked_after_421);
  talk.exchange(again).store_found(3min);
  delivered(talk, 3, 40min);
  CHECK(outcome(talk, "closes-after-421") == Outcome::not_applicable);
}

TEST_CASE("losses: sessions that met none are judged as always") {
  Conversation talk;
  loss(talk, 1min, 2min, 1);
  talk.session(2, 10min).ehlo();
  journal::event::Exchange bare;
  bare.stage = Stage::mail;
  bare.number = 3;
  bare.line = "MAIL FROM:<a@sender.test>";
  bare.verb = "MAIL";
  bare.address = "a@sender.test";
  bare.reply = "450 Later\r\n";
  bare.code = 450;
  bare.breaches = static_cast<journal::Breaches>(journal::Breach::bare_lf_command);
  talk.exchange(bare).quit();
  CHECK(outcome(talk, "line-ends") == Outcome::fail);
}

TEST_CASE("losses: a handshake that one ended is no failure of TLS") {
  Conversation talk;
  talk.store_lost(1min).connect(1, 61s);
  talk.exchange(Stage::greeting, {}, "220 mx")
      .ehlo()
      .exchange(Stage::starttls, "STARTTLS", "220 Go");
  talk.turned_away(Stage::handshake).store_found(2min);
  const Seen seen(talk);
  REQUIRE(seen.observed.sessions.size() == 1);
  CHECK_FALSE(seen.observed.sessions.front().tls_failed);
}

TEST_CASE("losses: who is turned away first of all did not only look") {
  Conversation talk;
  talk.store_lost(1min).connect(1, 61s).turned_away();
  talk.store_found(61s + 30ms);
  deferred(talk, 2, 61s + 100ms);
  delivered(talk, 3, 1h);
  CHECK(Seen(talk).story() == "cut off@connect transient@rcpt accepted@message");
}

TEST_CASE("losses: a rule of which nobody knows what it rests on is open where it is broken") {
  const auto notified = [](bool is_lost) {
    journal::event::Run run;
    run.notifications_come = true;
    Conversation talk;
    talk.run(run).handover();
    talk.session(1, 1min).ehlo().mail().rcpt("550 5.1.1 No").quit();
    if (is_lost) loss(talk, 2min, 3min, 2);
    talk.finish(24h);
    const auto scenario = test::expecting({must("notified", std::string("failed"))});
    return test::finding(judge(scenario, talk.journal()), "notified").outcome;
  };
  CHECK(notified(false) == Outcome::fail);
  CHECK(notified(true) == Outcome::undecided); // the notification may have been turned away
}

TEST_CASE("losses: what is broken before one is broken without what came after it") {
  const auto gives_up = [](bool is_lost, const std::function<void(Conversation&)>& after) {
    Conversation talk;
    talk.handover().sender_started();
    deferred(talk, 1, 1min);
    deferred(talk, 2, 2h);
    if (is_lost) loss(talk, 10h, 11h, 3);
    talk.wait(1h);
    after(talk);
    const auto scenario = test::expecting({must("gives-up", scenario::Range<Duration>{96h, 120h})});
    return test::finding(judge(scenario, talk.journal()), "gives-up").outcome;
  };
  const std::vector<std::function<void(Conversation&)>> ways = {
      [](Conversation& talk) { talk.sender_ended(0, true).finish(400h); },
      [](Conversation& talk) { talk.sender_ended(0, true).queue_empty(); },
      [](Conversation& talk) { talk.sender_ended(0); },
      [](Conversation& talk) {
        talk.session(7, 20h).ehlo().mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data();
        talk.content("dsn@x", 9).message().quit();
      },
  };
  for (const auto& after : ways) {
    CHECK(gives_up(false, after) == Outcome::fail);
    CHECK(gives_up(true, after) == Outcome::undecided);
  }
}

TEST_CASE("losses: a loss that does not end, several, and one of which only the 421 says so") {
  Conversation endless;
  deferred(endless, 1, 1min);
  endless.store_lost(2min).connect(2, 40min).turned_away().finish(24h);
  CHECK(found(endless, "delivered")
            .actual.starts_with("the store was lost from 2m to the end of the journal: "));
  Conversation several;
  deferred(several, 1, 1min);
  loss(several, 2min, 3min, 2);
  loss(several, 4min, 5min, 3);
  several.finish(24h);
  CHECK(found(several, "delivered")
            .actual.starts_with("the store was lost from 2m to 3m, and once more: "));
  Conversation unsaid;
  deferred(unsaid, 1, 1min);
  unsaid.connect(2, 2min).turned_away().finish(24h);
  CHECK(found(unsaid, "delivered").actual.starts_with("the store was lost at 2m: "));
}

TEST_CASE("losses: they begin with the question that was not answered, at the server that asked") {
  Conversation talk;
  talk.connect(1, 59s).turned_away(); // heard of it before it was written down
  talk.store_lost(1min).store_found(2min, true);
  talk.connect(2, 3min).turned_away();
  std::string text = talk.text();
  const std::string since = "\"since_us\":60000000";
  text.replace(text.find(since), since.size(), "\"since_us\":58000000");
  const auto journal = journal::Journal::decode(text);
  const std::vector<StoreLoss> losses = store_losses_in(journal);
  REQUIRE(losses.size() == 2);
  CHECK(losses[0].begin == 58s);
  CHECK(losses[0].end == 2min);
  CHECK(losses[0].restarted);
  CHECK(losses[0].clients.size() == 1);
  CHECK(losses[1].begin == losses[1].end);
  CHECK(losses[1].event == nullptr);
}

TEST_CASE("losses: each server of a journal has its own") {
  const auto run = [](std::string_view node, const std::string& lines) {
    std::string text = R"({"seq":1,"time_us":0,"node":")" + std::string(node) +
                       R"(","event":"run","format":2,"time_scale":1,"started_unix_us":1})" + "\n";
    return text + lines;
  };
  const auto journal = journal::Journal::decode(
      run("a", R"({"seq":2,"time_us":5,"node":"a","event":"store","lost":true,"since_us":5})"
               "\n") +
      run("b",
          R"({"seq":2,"time_us":6,"node":"b","event":"store"})"
          "\n"
          R"({"seq":3,"time_us":7,"node":"b","session":1,"event":"exchange","stage":"connect","store_lost":true})"
          "\n"
          R"({"seq":4,"time_us":9,"node":"b","event":"end"})"
          "\n"));
  const std::vector<StoreLoss> losses = store_losses_in(journal);
  REQUIRE(losses.size() == 2);
  CHECK(losses[0].to_the_end);
  CHECK(losses[0].end == Moment(9));
  CHECK(losses[0].clients.empty());
  CHECK(losses[1].clients.size() == 1);
}
