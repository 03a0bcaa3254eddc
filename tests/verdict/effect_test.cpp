// Whether the sender met what a scenario is about.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::ListenAnswer;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

bool met(const scenario::Scenario& scenario, const Conversation& talk,
         scenario::TlsPolicy policy = scenario::TlsPolicy::opportunistic) {
  return judge(scenario, talk.journal(), test::told(policy)).met;
}

Conversation delivered() {
  Conversation talk;
  return talk.session(1, 1min).ehlo().deliver();
}

} // namespace

TEST_CASE("met_by_a_whole_session_where_nothing_goes_wrong") {
  const scenario::Scenario healthy = test::expecting({});
  CHECK(met(healthy, delivered()));
  Conversation left;
  left.session(1, 1min).ehlo().mail().rcpt().quit();
  CHECK_FALSE(met(healthy, left));
}

TEST_CASE("met_by_a_whole_session_only_where_nothing_goes_wrong") {
  scenario::Scenario rules = test::expecting({});
  rules.server.rules.emplace_back();
  scenario::Scenario certificate = test::expecting({});
  certificate.server.tls_profile.certificate = scenario::CertificateProblem::expired;
  scenario::Scenario forwards = test::expecting({});
  forwards.server.forward.emplace();
  scenario::Scenario refuses = test::expecting({});
  refuses.server.listen.emplace();
  refuses.server.listen->answer = ListenAnswer::refused;
  for (const scenario::Scenario& scenario : {rules, certificate, forwards, refuses})
    CHECK_FALSE(met(scenario, delivered()));
  // A port that is slow to accept, and yet accepts.
  refuses.server.listen->answer = ListenAnswer::accepted;
  CHECK(met(refuses, delivered()));
}

TEST_CASE("met_where_an_event_says_so") {
  scenario::Scenario rules = test::expecting({});
  rules.server.rules.emplace_back();
  Conversation ruled;
  ruled.session(1, 1min).exchange(Stage::ehlo, "EHLO client.test", "250 mx", {}, 7).quit();
  CHECK(met(rules, ruled));
  Conversation handshake;
  handshake.session(1, 1min).ehlo().exchange(Stage::starttls, "STARTTLS", "220 Go").tls(true);
  CHECK(met(rules, handshake.quit()));
}

TEST_CASE("met_by_who_was_there_while_the_port_refused_and_came_later_or_never") {
  const auto meets = [](ListenAnswer answer, Moment began, Moment came) {
    scenario::Scenario scenario = test::expecting({});
    scenario.server.rules.emplace_back();
    Conversation talk;
    talk.port(answer, 1min).port(ListenAnswer::accepted, 10min);
    talk.finish(began).sender_started();
    if (came != Moment(0)) talk.session(1, came).ehlo().quit();
    return met(scenario, talk.finish(1h));
  };
  CHECK(meets(ListenAnswer::refused, 5min, 10min));
  CHECK(meets(ListenAnswer::refused, 5min, 20min));
  CHECK(meets(ListenAnswer::host_unreachable, 5min, 20min));
  CHECK(meets(ListenAnswer::network_unreachable, 5min, 20min));
  CHECK_FALSE(meets(ListenAnswer::refused, 5min, 10min - 1s));
  CHECK_FALSE(meets(ListenAnswer::refused, 11min, 20min)); // it began later
  CHECK_FALSE(meets(ListenAnswer::refused, 10s, 20min));   // or before
  CHECK_FALSE(meets(ListenAnswer::silence, 5min, 20min));  // a SYN that nobody answered is counted
}

TEST_CASE("met_by_who_asks_for_the_scenarios_own_names") {
  scenario::Scenario names = test::expecting({});
  names.names.emplace();
  const auto meets = [&names](bool own, bool about_it) {
    Conversation talk;
    talk.sender_started().asked("names.test", own, about_it);
    return met(names, talk.session(1, 1min).ehlo().quit());
  };
  CHECK(meets(true, true));
  CHECK_FALSE(meets(true, false));
  CHECK_FALSE(meets(false, true)); // other names say nothing of it
}

TEST_CASE("met_by_who_served_from_the_opening_of_the_port") {
  // Nobody says when the sender began: it is taken to have been there when the port was opened.
  scenario::Scenario scenario = test::expecting({});
  scenario.server.rules.emplace_back();
  Conversation talk;
  talk.finish(Moment(0)).port(ListenAnswer::refused, 1min).port(ListenAnswer::accepted, 10min);
  CHECK(met(scenario, talk.session(1, 20min).ehlo().quit()));
}

TEST_CASE("met_is_the_want_of_tls_by_who_needs_it") {
  scenario::Scenario scenario = test::expecting({});
  scenario.server.rules.emplace_back();
  Conversation left;
  left.session(1, 1min).ehlo().quit();
  CHECK(met(scenario, left, scenario::TlsPolicy::required));
  CHECK_FALSE(met(scenario, left, scenario::TlsPolicy::opportunistic));
  // It was not TLS for which it left.
  Conversation refused;
  refused.session(1, 1min).ehlo().refused();
  CHECK_FALSE(met(scenario, refused, scenario::TlsPolicy::required));
}

TEST_CASE("met_in_all_is_a_port_that_refuses_and_comes_back") {
  const auto meets = [](ListenAnswer answer, bool was_there) {
    scenario::Scenario scenario = test::expecting({});
    scenario.met.all = true;
    scenario.server.listen.emplace();
    scenario.server.listen->answer = answer;
    Conversation talk;
    talk.port(ListenAnswer::refused, 1min).port(ListenAnswer::accepted, 10min);
    talk.finish(was_there ? 5min : 11min).sender_started().session(1, 20min).ehlo().quit();
    return met(scenario, talk);
  };
  CHECK(meets(ListenAnswer::refused, true));
  CHECK_FALSE(meets(ListenAnswer::refused, false));
  CHECK(meets(ListenAnswer::accepted, false)); // nothing is refused
}

TEST_CASE("met_not_by_a_handshake_that_fails_where_tls_is_right") {
  const auto judged = [](bool is_right, const char* problem) {
    scenario::Scenario scenario = test::expecting({});
    if (!is_right) scenario.server.tls_profile.certificate = scenario::CertificateProblem::expired;
    Conversation talk;
    journal::event::Tls failed;
    failed.problem = problem;
    talk.session(1, 1min).tls(failed).end(EndedBy::client_closed, Stage::handshake);
    return judge(scenario, talk.journal(), test::told(scenario::TlsPolicy::required));
  };
  CHECK_FALSE(judged(true, "").met);
  CHECK(judged(false, "").met);
  CHECK(judged(true, "").not_met == "the TLS handshake failed");
  CHECK(judged(true, "wrong version number").not_met ==
        "the TLS handshake failed: wrong version number");
}

TEST_CASE("met_by_nobody_is_told_with_what_would_help") {
  const auto why = [](bool offered) {
    scenario::Scenario rules = test::expecting({});
    rules.server.rules.emplace_back();
    Conversation talk;
    talk.handover();
    if (offered) talk.handover("2", {"c@rcpt.test"}).offer_last();
    return judge(rules, talk.sender_started().session(1, 1min).ehlo().deliver().journal()).not_met;
  };
  CHECK(why(false) == "the failure had no effect on this sender");
  CHECK_THAT(why(true), Catch::Contains("let it send all that {handovers} lists"));
}

TEST_CASE("met_is_asked_of_nobody_only_where_the_port_was_open") {
  // Somebody served: a port that refused and then accepted saw nobody come.
  Conversation talk;
  talk.finish(Moment(0)).port(ListenAnswer::refused, 1min).port(ListenAnswer::accepted, 10min);
  const CaseVerdict verdict =
      judge(test::expecting({test::must("retry")}), talk.finish(6h).journal());
  CHECK(verdict.answer(false) == Answer::fail);
  CHECK_THAT(
      test::finding(verdict, "retry").actual,
      Catch::StartsWith("no connection arrived: connections were refused for 9m, and accepted in"));
}

TEST_CASE("met_by_a_command_that_was_offered_more_than_it_sent_leaves_the_rest_out") {
  Conversation talk;
  talk.handover().handover("2", {"c@rcpt.test"}).offer_last().session(1, 0s).ehlo().deliver();
  for (std::uint64_t i = 2; i <= 4; ++i)
    talk.session(i, i * 1h, "554 No").end(EndedBy::server, Stage::greeting);
  const scenario::Scenario scenario =
      test::expecting({test::must("delivered", std::string("once"))});
  CHECK(test::finding(judge(scenario, talk.journal()), "delivered").outcome == Outcome::pass);
}
