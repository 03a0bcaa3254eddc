// A port that does not answer hides what the sender does: what the judge says of it then, and what not.
#include "conversation.hpp"
#include "findings.hpp"
#include "verdict/observation.hpp"

#include <chrono>

using namespace tempfail;
using namespace tempfail::verdict;
using namespace std::chrono_literals;
using scenario::ListenAnswer;
using test::Conversation;
using test::expecting;
using test::finding;

namespace {

scenario::Scenario usual() {
  return expecting({{"retry", scenario::Level::must, std::monostate{}},
                    {"delivered", scenario::Level::must, std::string("once")}});
}

scenario::Expectation first_retry_after(Duration least) {
  return {"first-retry", scenario::Level::must, scenario::Range<Duration>{least, std::nullopt}};
}

CaseVerdict verdict_of(const scenario::Scenario& scenario, const Conversation& conversation) {
  return judge(scenario, conversation.journal());
}

/// Refused from the start, and a sender that begins then.
Conversation refused() {
  Conversation it;
  it.finish(Moment(0)).port(ListenAnswer::refused, 1s).sender_started();
  return it;
}

} // namespace

TEST_CASE("outage: who comes when the port accepts again has tried again") {
  Conversation it = refused();
  it.port(ListenAnswer::accepted, 50min).session(1, 70min).ehlo().deliver();
  const CaseVerdict verdict = verdict_of(usual(), it);
  CHECK(verdict.answer(true) == Answer::ok);
  CHECK(finding(verdict, "retry").actual ==
        "the sender retried 20m after connections were no longer refused");
}

TEST_CASE("outage: a sender that ends while connections are refused has failed") {
  Conversation it = refused();
  it.handover().wait(5min).sender_ended(0).finish(6min);
  const CaseVerdict verdict = verdict_of(usual(), it);
  CHECK(verdict.run_error.empty());
  CHECK(verdict.answer(false) == Answer::fail);
  CHECK(finding(verdict, "retry").outcome == Outcome::fail);
  CHECK(finding(verdict, "retry").actual.find("ended without a retry") != std::string::npos);
  CHECK(finding(verdict, "delivered").actual == "see `retry`");
}

TEST_CASE("outage: a sender that tells its caller while connections are refused has not lost the "
          "message") {
  const auto ends_with = [](int status) {
    Conversation it = refused().handover();
    it.wait(5min).sender_ended(status).finish(6min);
    return verdict_of(usual(), it);
  };
  for (const auto* rule : {"retry", "delivered"})
    CHECK(finding(ends_with(75), rule).outcome == Outcome::not_applicable);
  CHECK(finding(ends_with(0), "retry").outcome == Outcome::fail);
}

TEST_CASE("outage: nobody came although the port was back") {
  Conversation it = refused();
  it.wait(1min).sender_ended(0, true).port(ListenAnswer::accepted, 50min).finish(6h);
  const CaseVerdict verdict = verdict_of(usual(), it);
  CHECK(verdict.run_error.empty());
  CHECK(finding(verdict, "retry").outcome == Outcome::fail);
  CHECK(finding(verdict, "retry").actual.find("accepted in the 5h10m after that") !=
        std::string::npos);
}

TEST_CASE("outage: a queue that met nothing but refusals can't be judged") {
  for (const ListenAnswer answer : {ListenAnswer::refused, ListenAnswer::silence}) {
    Conversation it;
    it.finish(Moment(0)).port(answer, 1s).sender_started().sender_ended(0, true).finish(6h);
    const CaseVerdict verdict = verdict_of(usual(), it);
    CHECK(verdict.answer(false) == Answer::undecided);
    REQUIRE(verdict.findings.size() == 1);
    CHECK(finding(verdict, "connects").actual.find("could be observed") != std::string::npos);
  }
}

TEST_CASE("outage: a refusal that nobody met is none") {
  Conversation it;
  it.sender_started().session(1, 1min).ehlo().deliver();
  it.port(ListenAnswer::refused, 30min).finish(6h);
  CHECK(finding(verdict_of(usual(), it), "retry").outcome == Outcome::not_applicable);
}

TEST_CASE("outage: an interval with an outage in it is an upper bound") {
  const scenario::Scenario scenario = expecting({first_retry_after(30min)});
  const auto retried_after = [&](Moment retry) {
    Conversation it;
    it.sender_started().session(1, 1min).ehlo().refused();
    it.port(ListenAnswer::refused, 5min).port(ListenAnswer::accepted, 10min);
    it.session(2, retry).ehlo().deliver();
    return finding(verdict_of(scenario, it), "first-retry").outcome;
  };
  CHECK(retried_after(20min) == Outcome::fail); // the first retry came then, or earlier
  CHECK(retried_after(60min) == Outcome::not_applicable);
}

TEST_CASE("outage: the first failure is not known when the port was down from the start") {
  Conversation it = refused();
  it.port(ListenAnswer::accepted, 50min).session(1, 70min).ehlo().refused();
  it.session(2, 71min).ehlo().deliver();
  const scenario::Scenario scenario = expecting({first_retry_after(30min)});
  const CaseVerdict verdict = verdict_of(scenario, it);
  CHECK(finding(verdict, "first-retry").outcome == Outcome::not_applicable);
  CHECK(verdict.answer(true) == Answer::ok);
}

TEST_CASE("outage: refused once, and gone for the rest of the watch") {
  Conversation it;
  it.sender_started().session(1, 1min).ehlo().refused();
  it.resume(1, 2min).sender_ended(0, true);
  it.port(ListenAnswer::silence, 5min).finish(6h);
  const CaseVerdict verdict = verdict_of(usual(), it);
  CHECK(finding(verdict, "retry").outcome == Outcome::not_applicable);
  CHECK(finding(verdict, "delivered").outcome == Outcome::not_applicable);
}

TEST_CASE("outage: refused once, and the port was back in time") {
  Conversation it;
  it.sender_started().session(1, 1min).ehlo().refused();
  it.resume(1, 2min).sender_ended(0, true);
  it.port(ListenAnswer::silence, 5min).port(ListenAnswer::accepted, 1h).finish(6h);
  const CaseVerdict verdict = verdict_of(usual(), it);
  CHECK(finding(verdict, "retry").outcome == Outcome::fail);
  CHECK(finding(verdict, "delivered").actual == "see `retry`");
}

TEST_CASE("outage: a message that was taken without a word is to be tried again as any other") {
  const auto outcome = [](bool again) {
    Conversation it;
    it.sender_started().session(1, 1min).ehlo().mail().rcpt().data().content().silence(
        "accept close", true);
    it.end(journal::event::EndedBy::server, scenario::Stage::message);
    if (again) it.session(2, 40min).ehlo().deliver();
    return verdict_of(usual(), it.finish(3h));
  };
  CHECK(outcome(true).answer(true) == Answer::ok);
  CHECK(finding(outcome(false), "retry").outcome == Outcome::fail);
}

TEST_CASE("outage: the farewell of a server that is stopped in mid-content is no refusal") {
  Conversation it;
  it.sender_started().session(1, 1min).ehlo().mail().rcpt().data();
  it.resume(1, 6h).exchange(scenario::Stage::content, {}, "421 Shutting down");
  it.resume(1, 6h).end(journal::event::EndedBy::server_stop, scenario::Stage::content);
  const Finding retry = finding(verdict_of(usual(), it), "retry");
  CHECK(retry.actual == "nothing failed temporarily, so no retry was needed");
}

TEST_CASE("outage: a client that hangs up knows it a moment before the server does") {
  const auto outcome = [](journal::event::EndedBy by) {
    Conversation it;
    it.session(1, 1min).exchange(scenario::Stage::ehlo, "EHLO client.test", {}, "stall", 7);
    it.resume(1, 10min).end(by, scenario::Stage::ehlo);
    it.session(2, 40min - 50ms).ehlo().deliver();
    const scenario::Scenario scenario = expecting({first_retry_after(30min)});
    return finding(verdict_of(scenario, it), "first-retry").outcome;
  };
  CHECK(outcome(journal::event::EndedBy::client_closed) == Outcome::pass);
  CHECK(outcome(journal::event::EndedBy::server) == Outcome::fail);
}

TEST_CASE("outage: tries that were not seen are not held against the sender") {
  const auto tries = [](std::uint64_t min, std::uint64_t max) {
    Conversation it = refused();
    it.port(ListenAnswer::accepted, 50min).session(1, 70min).ehlo().deliver();
    const scenario::Expectation expectation = {"tries", scenario::Level::must,
                                               scenario::Range<std::uint64_t>{min, max}};
    return finding(verdict_of(expecting({expectation}), it), "tries").outcome;
  };
  CHECK(tries(2, 5) == Outcome::not_applicable);
  CHECK(tries(1, 1) == Outcome::pass);
}

TEST_CASE("outage_of_one_host_hides_nothing_where_another_is_open") {
  scenario::Scenario scenario = test::expecting({test::must("delivered", std::string("once"))});
  for (const char* name : {"mx1.case.test", "mx2.case.test"}) {
    scenario::Host host;
    host.name = name;
    scenario.hosts.push_back(host);
  }
  scenario.hosts[0].server.listen = scenario::Listen{};
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}).sender_started().port(scenario::ListenAnswer::refused, 1s);
  talk.session(1, 2s).ehlo().mail().rcpt("451 Later").quit().sender_ended(0);
  const journal::Journal journal = talk.journal();
  CHECK(observe(scenario, journal).outages.empty());
  scenario.hosts[1].server.listen = scenario::Listen{};
  CHECK(observe(scenario, journal).outages.size() == 1);
  // One that only notifications are for is of no use either.
  scenario.hosts[1].server.listen.reset();
  scenario.names.emplace();
  scenario.names->domains = {"case.test"};
  scenario.names->records = {
      {"case.test", scenario::RecordType::mx, "10 mx1.case.test.", {}, std::nullopt}};
  CHECK(observe(scenario, journal).outages.size() == 1);
  scenario.names.reset();
  // A decoy that is open is of no use to a right sender.
  scenario.hosts[1].server.listen.reset();
  scenario.hosts[1].decoy = true;
  CHECK(observe(scenario, journal).outages.size() == 1);
}

TEST_CASE("outage: in a lab it is known that nobody tried") {
  const auto lab = [](std::uint64_t attempts) {
    Conversation it;
    it.finish(Moment(0)).port(ListenAnswer::refused, 1s, 0, true).handover().sender_started();
    it.port(ListenAnswer::accepted, 50min, attempts, true).session(1, 70min).ehlo().deliver();
    return it;
  };
  scenario::Scenario closed = usual();
  closed.server.listen = scenario::Listen{ListenAnswer::refused, {}, {}, {}};
  const CaseVerdict tried = verdict_of(closed, lab(1));
  CHECK(finding(tried, "retry").outcome == Outcome::pass);
  CHECK(tried.met);
  const CaseVerdict late = verdict_of(closed, lab(0));
  CHECK(finding(late, "retry").outcome == Outcome::not_applicable);
  CHECK_FALSE(late.met);
}

TEST_CASE("outage: in a lab who never came to a closed port is not excused") {
  const auto lab = [](std::uint64_t attempts) {
    Conversation it;
    it.finish(Moment(0)).port(ListenAnswer::refused, 1s, 0, true).handover().sender_started();
    it.wait(23h).port(ListenAnswer::refused, 23h, attempts, true);
    return it.sender_ended(0).finish(24h);
  };
  CHECK_THAT(finding(verdict_of(usual(), lab(0)), "connects").actual,
             Catch::Contains("the sender tried no connection"));
  const CaseVerdict tried = verdict_of(usual(), lab(3));
  CHECK(finding(tried, "retry").outcome == Outcome::fail);
}
