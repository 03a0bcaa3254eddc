// Which role a sender is judged in, and what is not asked of one that tries once.
#include "one_shot.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using namespace tempfail::verdict::test;
using namespace std::chrono_literals;

namespace {

CaseVerdict judged(const Conversation& talk, const Declared& declared = {}) {
  return judge(expecting({must("retry"), must("delivered", std::string("once"))}), talk.journal(),
               declared);
}

/// Nobody declares what it is.
Conversation undeclared(Conversation talk) {
  return talk.run({});
}

Conversation tries_twice() {
  Conversation talk;
  talk.handover().sender_started().session(1, 1s).ehlo().refused();
  talk.session(2, 1h).ehlo().deliver();
  return talk.sender_ended(0);
}

} // namespace

TEST_CASE("role: as it was declared, and by what was seen where it was not") {
  const Conversation once = met_once(Meets::refused_for_now).sender_ended(75);
  CHECK(judged(once).role == "one-shot");
  CHECK(judged(once).role_is_declared);
  const CaseVerdict concluded = judged(undeclared(once));
  CHECK(concluded.role == "one-shot");
  CHECK_FALSE(concluded.role_is_declared);
  CHECK(judged(tries_twice()).role == "queueing");
  CHECK(judged(once, {{}, "queueing"}).role == "queueing");
  CHECK(judged(tries_twice(), {{}, "one-shot"}).role == "one-shot");
}

TEST_CASE("role: who hands over to a queue, or is still at work, is not known to try once") {
  CHECK(judged(undeclared(met_once(Meets::refused_for_now)).sender_ended(0, true)).role ==
        "queueing");
  CHECK(judged(undeclared(met_once(Meets::refused_for_now))).role == "queueing");
  CHECK(judged(undeclared(met_once(Meets::refused_for_now)).sender_timed_out()).role == "queueing");
}

TEST_CASE("role: a one-shot sender is asked for no retry, and for the truth") {
  const CaseVerdict honest = judged(met_once(Meets::refused_for_now).sender_ended(75));
  CHECK(honest.answer(true) != Answer::fail);
  CHECK(finding(honest, "retry").outcome == Outcome::not_applicable);
  CHECK(finding(honest, "delivered").outcome == Outcome::not_applicable);
  const CaseVerdict liar = judged(met_once(Meets::refused_for_now).sender_ended(0));
  CHECK(liar.answer(false) == Answer::fail);
  CHECK(finding(liar, "retry").outcome == Outcome::not_applicable);
  CHECK(finding(liar, "reports-failure").outcome == Outcome::fail);
}

TEST_CASE("role: one fault of an undeclared sender is told once") {
  const CaseVerdict liar = judged(undeclared(met_once(Meets::refused_for_now)).sender_ended(0));
  CHECK(finding(liar, "retry").outcome == Outcome::fail);
  CHECK(finding(liar, "reports-failure").outcome == Outcome::not_applicable);
  CHECK(finding(liar, "reports-failure").actual == "see `retry`");
}

TEST_CASE("role: a result file that says so tells the caller as well as an exit status") {
  const CaseVerdict honest =
      judged(undeclared(met_once(Meets::refused_for_now)).result("1", "temporary").sender_ended(0));
  CHECK(honest.answer(true) != Answer::fail);
  const CaseVerdict liar =
      judged(undeclared(met_once(Meets::refused_for_now)).result("1", "delivered").sender_ended(0));
  CHECK(liar.answer(false) == Answer::fail);
}

TEST_CASE("role: where no process is watched, a result says that the caller was told") {
  const auto seen = [](const journal::event::Run& run, std::string_view said) {
    Conversation talk;
    talk.run(run).handover().session(1, 1s).ehlo().mail().rcpt("452 4.2.2 Full").quit();
    if (!said.empty()) talk.result("1", said);
    return judged(talk.finish(2h));
  };
  CHECK(finding(seen(one_shot_run(), ""), "retry").outcome ==
        Outcome::fail); // nobody said anything
  for (const std::string_view word : {"temporary", "failed"}) {
    const CaseVerdict honest = seen(one_shot_run(), word);
    CHECK(honest.answer(true) != Answer::fail);
    CHECK(finding(honest, "retry").outcome == Outcome::not_applicable);
    CHECK(finding(honest, "reports-failure").outcome == Outcome::pass);
  }
  const CaseVerdict liar = seen(one_shot_run(), "delivered");
  CHECK(finding(liar, "retry").outcome == Outcome::not_applicable);
  CHECK(finding(liar, "reports-failure").outcome == Outcome::fail);
  CHECK(finding(seen({}, "failed"), "retry").outcome == Outcome::not_applicable);
  CHECK(finding(seen({}, "delivered"), "retry").outcome == Outcome::fail);
  journal::event::Run queueing;
  queueing.role = "queueing"; // it has taken the message, whatever it says
  CHECK(finding(seen(queueing, "failed"), "retry").outcome == Outcome::fail);
}

TEST_CASE("role: what judge is told of TLS takes the place of what the journal says") {
  scenario::Scenario scenario = expecting({must("uses-tls")});
  Conversation talk;
  talk.session(1, 1s).ehlo("250-mx\r\n250 STARTTLS").deliver();
  CHECK(judge(scenario, talk.journal()).not_applicable.empty());
  CHECK(judge(scenario, talk.journal(), {"none", {}}).answer(false) == Answer::not_applicable);
  journal::event::Run run;
  run.tls_policy = "none";
  talk.run(run);
  CHECK(judge(scenario, talk.journal()).answer(false) == Answer::not_applicable);
  CHECK(judge(scenario, talk.journal(), {"opportunistic", {}}).not_applicable.empty());
}
