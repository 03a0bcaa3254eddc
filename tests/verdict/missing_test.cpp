// Servers that write to one stream: what is judged of all, and what is not known of one that died or whose events are
// lost.
#include "conversation.hpp"
#include "findings.hpp"
#include "seen.hpp"

#include <chrono>
#include <string>
#include <string_view>

using namespace tempfail;
using namespace tempfail::verdict;
using namespace std::chrono_literals;
using scenario::Stage;
using test::Conversation;
using test::must;

namespace {

/// Entries of the stream as they come.
class Stream {
 public:
  /// All that the server has to say, from the line `from` on.
  Stream& add(const std::string& node, Conversation talk, std::size_t from = 0) {
    journal::event::Run run;
    run.version = "0";
    run.started_unix_us = 1;
    const std::string text = talk.run(run).text();
    std::string lines;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1, ++number) {
      const std::string line = text.substr(at, text.find('\n', at) + 1 - at);
      const bool is_head = number < 2;
      if (!is_head && number < from) continue;
      const std::string keys =
          "{\"node\":\"" + node + (is_head && from > 0 ? "\",\"again\":true," : "\",");
      lines += keys + line.substr(1);
    }
    journal_.append_entry(lines, Duration::zero());
    return *this;
  }
  Stream& died(std::string_view node) {
    journal_.end_without_word(node);
    return *this;
  }
  const journal::Journal& journal() {
    journal_.put_in_order();
    journal_.note_early_ends();
    return journal_;
  }

 private:
  journal::Journal journal_;
};

scenario::Scenario usual() {
  return test::expecting({must("retry"), must("delivered", std::string("once")),
                          must("first-retry", scenario::Range<Duration>{30min, std::nullopt})});
}
Finding found(Stream& stream, std::string_view rule) {
  return test::finding(judge(usual(), stream.journal()), rule);
}
Outcome outcome(Stream& stream, std::string_view rule) {
  return found(stream, rule).outcome;
}
Answer answer(Stream& stream) {
  return judge(usual(), stream.journal()).answer(false);
}

Conversation deferred(Moment at) {
  Conversation talk;
  talk.session(1, at).ehlo().mail().rcpt("450 4.2.0 Later").quit();
  return talk;
}
Conversation delivered(Moment at) {
  Conversation talk;
  talk.session(1, at).ehlo().deliver();
  return talk;
}
Conversation quiet(Moment at) {
  Conversation talk;
  talk.finish(at);
  return talk;
}

} // namespace

TEST_CASE("missing: servers of a stream are judged as one") {
  Stream stream;
  stream.add("a", deferred(1min).finish(1h)).add("b", delivered(40min));
  CHECK(outcome(stream, "retry") == Outcome::pass);
  CHECK(outcome(stream, "first-retry") == Outcome::pass);
  CHECK(answer(stream) == Answer::ok);
  Stream early;
  early.add("a", deferred(1min).finish(1h)).add("b", delivered(2min));
  CHECK(outcome(early, "first-retry") == Outcome::fail);
}

TEST_CASE("missing: a retry that nobody has seen may have come to a server that was stopped") {
  const auto other_mail = [](Moment at) {
    Conversation talk;
    talk.session(9, at)
        .ehlo()
        .mail()
        .rcpt("250 Ok", "c@rcpt.test")
        .data()
        .content("m2@sender.test");
    talk.message().quit().finish(240h);
    return talk;
  };
  Stream all_stopped; // one after the other, but nobody came any more
  all_stopped.add("a", deferred(1min).finish(239h)).add("b", other_mail(238h));
  CHECK(outcome(all_stopped, "retry") == Outcome::fail);
  Stream stream;
  stream.add("a", deferred(1min)).add("b", other_mail(239h));
  const Finding finding = found(stream, "retry");
  CHECK(finding.outcome == Outcome::undecided);
  CHECK(finding.actual.starts_with(
      "a server was stopped before others, and connections to it were not seen from 1m"));
  REQUIRE(finding.evidence.size() == 1);
  CHECK(finding.evidence.front().text ==
        "the server was stopped, while clients still connected to others");
  CHECK(answer(stream) == Answer::undecided);
}

TEST_CASE("missing: what was over before a server was stopped is judged as always") {
  Stream stream;
  Conversation later = delivered(40min);
  later.session(9, 2h).ehlo().deliver("m2@sender.test");
  stream.add("b", later).add("a", deferred(1min).finish(50min));
  CHECK(answer(stream) == Answer::ok); // and so is what came later, and is kept
  Stream early;
  Conversation soon = delivered(2min);
  soon.session(9, 2h).ehlo().deliver("m2@sender.test");
  early.add("b", soon).add("a", deferred(1min).finish(50min));
  CHECK(outcome(early, "first-retry") == Outcome::fail);
}

TEST_CASE("missing: a retry that nobody has seen may have come to a server that died") {
  Stream alive;
  alive.add("a", deferred(1min)).add("b", quiet(240h));
  CHECK(outcome(alive, "retry") == Outcome::fail);
  Stream stream;
  stream.add("a", deferred(1min).broken_off()).add("b", quiet(240h)).died("a");
  const Finding finding = found(stream, "retry");
  CHECK(finding.outcome == Outcome::undecided);
  CHECK(finding.actual.starts_with("a server died, and its events are missing from 1m"));
  CHECK(finding.actual.ends_with("to the end of the journal: what the sender did then is unknown"));
  REQUIRE(finding.evidence.size() == 1);
  CHECK(finding.evidence.front().text == "the server died");
  CHECK(answer(stream) == Answer::undecided);
}

TEST_CASE("missing: tries at a server that died may have come between those that were seen") {
  Stream stream;
  stream.add("a", deferred(1min).broken_off()).add("b", delivered(40min)).died("a");
  CHECK(outcome(stream, "first-retry") == Outcome::undecided);
  CHECK(outcome(stream, "content") != Outcome::fail);
}

TEST_CASE("missing: what was over before a server died is judged as always") {
  Stream stream;
  stream.add("b", delivered(40min)).add("a", deferred(1min).finish(50min).broken_off()).died("a");
  CHECK(answer(stream) == Answer::ok);
  Stream early;
  early.add("b", delivered(2min)).add("a", deferred(1min).finish(50min).broken_off()).died("a");
  CHECK(outcome(early, "first-retry") == Outcome::fail);
}

TEST_CASE("missing: what was broken before a server died stays broken") {
  Stream stream;
  Conversation again = deferred(1min);
  again.session(2, 2min).ehlo().mail().rcpt("450 4.2.0 Later").quit().finish(1h).broken_off();
  stream.add("a", again).add("b", delivered(2h)).died("a");
  CHECK(outcome(stream, "first-retry") == Outcome::fail);
}

TEST_CASE("missing: an acceptance of which the client may not have been told is none") {
  const auto accepted = [] {
    Conversation talk;
    talk.session(1, 40min).ehlo().mail().rcpt().data().content().message();
    return talk;
  };
  Stream stream;
  stream.add("b", delivered(41min)).add("a", accepted().broken_off()).died("a");
  CHECK(outcome(stream, "no-duplicate") != Outcome::fail);
  CHECK(outcome(stream, "delivered") != Outcome::fail);
  Stream never_again;
  never_again.add("b", quiet(48h)).add("a", accepted().broken_off()).died("a");
  CHECK(outcome(never_again, "delivered") != Outcome::fail);
  // A client that went on has read the reply.
  Stream told;
  told.add("b", delivered(41min)).add("a", accepted().quit().broken_off()).died("a");
  CHECK(outcome(told, "no-duplicate") == Outcome::fail);
  // So has one whose server died long after it.
  Stream long_ago;
  long_ago.add("b", delivered(45min)).add("a", accepted().finish(43min).broken_off()).died("a");
  CHECK(outcome(long_ago, "no-duplicate") == Outcome::fail);
}

TEST_CASE("missing: a client that said QUIT in one go with the text has not read its acceptance") {
  const auto quit_after = [](Moment asked) {
    Conversation talk;
    talk.session(1, 40min).ehlo().mail().rcpt().data().content().message();
    journal::event::Exchange quit;
    quit.stage = Stage::quit;
    quit.number = 7;
    quit.asked = asked;
    quit.line = "QUIT";
    quit.verb = "QUIT";
    quit.reply = "221 Bye\r\n";
    quit.code = 221;
    return talk.exchange(quit).end(journal::event::EndedBy::server, Stage::quit).broken_off();
  };
  const auto again = [&](Moment asked) {
    Stream stream;
    stream.add("b", delivered(41min)).add("a", quit_after(asked)).died("a");
    return outcome(stream, "no-duplicate");
  };
  const auto never_again = [&](Moment asked) {
    Stream stream;
    stream.add("b", quiet(48h)).add("a", quit_after(asked)).died("a");
    return outcome(stream, "delivered");
  };
  const Moment with_the_text = 40min + 50ms;
  CHECK(again(with_the_text) != Outcome::fail);
  CHECK(never_again(with_the_text) == Outcome::undecided);
  CHECK(again(40min + 80ms) == Outcome::fail);
}

TEST_CASE(
    "missing: what is kept by all that is known is not known to be kept where events are lost") {
  Stream whole;
  whole.add("a", delivered(40min));
  CHECK(answer(whole) == Answer::ok);
  Stream stream;
  Conversation talk = delivered(40min);
  talk.session(2, 1h).ehlo().deliver("m2@sender.test");
  stream.add("a", talk, 13);
  const Finding finding = found(stream, "delivered");
  CHECK(finding.outcome == Outcome::undecided);
  CHECK(finding.actual.starts_with("events of a server are missing from 0s to 1h"));
  CHECK(finding.evidence.front().text == "events before this one are missing");
  CHECK(answer(stream) == Answer::undecided);
}

TEST_CASE("missing: what a client says in a session that is known is judged, whatever is lost") {
  Stream stream;
  Conversation talk = delivered(40min);
  talk.session(2, 1h).ehlo();
  journal::event::Exchange bare;
  bare.stage = Stage::mail;
  bare.number = 3;
  bare.line = "MAIL FROM:<a@sender.test>";
  bare.verb = "MAIL";
  bare.address = "a@sender.test";
  bare.reply = "250 Ok\r\n";
  bare.code = 250;
  bare.answered = 1h;
  bare.breaches = static_cast<journal::Breaches>(journal::Breach::bare_lf_command);
  talk.exchange(bare).quit();
  stream.add("a", talk, 13);
  CHECK(outcome(stream, "line-ends") == Outcome::fail);
}
