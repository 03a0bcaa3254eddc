// What is expected of a sender depends on what it was told about TLS.
#include "conversation.hpp"
#include "findings.hpp"

#include <algorithm>

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using scenario::TlsPolicy;
using std::chrono::minutes;
using test::Conversation;
using test::finding;
using test::must;

namespace {

/// A server with a wrong certificate, which only those who verify refuse.
scenario::Scenario wrong_certificate() {
  scenario::Scenario scenario =
      test::expecting({must("uses-tls"), must("delivered", std::string("once"))});
  scenario.server.tls = scenario::TlsMode::starttls;
  scenario.server.tls_profile.certificate = scenario::CertificateProblem::expired;
  scenario.sender_verified = {must("retry"), must("refuses-certificate"),
                              must("delivered", std::string("never"))};
  return scenario;
}

Outcome outcome(const CaseVerdict& verdict, std::string_view rule) {
  return finding(verdict, rule).outcome;
}
bool is_judged(const CaseVerdict& verdict, std::string_view rule) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(),
                     [rule](const Finding& f) { return f.rule == rule; });
}

Conversation& starttls(Conversation& talk) {
  return talk.ehlo("250-mx\r\n250 STARTTLS").exchange(Stage::starttls, "STARTTLS", "220 Go");
}

/// Begins TLS, which a rule ends, and sends the message in clear text then.
Conversation falls_back() {
  Conversation talk;
  starttls(talk.session(1, minutes(0))).exchange(Stage::handshake, "", "", "alert", 9);
  talk.end(EndedBy::server, Stage::handshake);
  talk.session(2, minutes(0) + std::chrono::seconds(1)).ehlo().deliver();
  return talk;
}

/// Ends each session behind the handshake, without a word of its message.
Conversation turns_away(int sessions) {
  Conversation talk;
  for (int i = 0; i < sessions; ++i)
    starttls(talk.session(static_cast<std::uint64_t>(i) + 1, minutes(35 * i))).tls(true).quit();
  talk.wait(std::chrono::hours(1));
  return talk;
}

} // namespace

TEST_CASE("tls_policy_clear_text_is_allowed_to_opportunistic_senders_alone") {
  const scenario::Scenario scenario = wrong_certificate();
  const journal::Journal journal = falls_back().journal();
  const CaseVerdict opportunistic = judge(scenario, journal, TlsPolicy::opportunistic);
  CHECK(opportunistic.answer(true) == Answer::ok);
  CHECK_FALSE(is_judged(opportunistic, "protected"));
  CHECK_THAT(finding(opportunistic, "fallback-to-clear").actual,
             Catch::Contains("fell back to clear text after TLS failed"));
  for (const TlsPolicy policy : {TlsPolicy::required, TlsPolicy::verified}) {
    const CaseVerdict verdict = judge(scenario, journal, policy);
    CHECK(verdict.answer(false) == Answer::fail);
    CHECK(outcome(verdict, "protected") == Outcome::fail);
  }
}

TEST_CASE("tls_policy_a_fall_back_leaves_nothing_to_retry") {
  scenario::Scenario scenario = wrong_certificate();
  scenario.sender = {must("retry"),
                     must("first-retry", scenario::Range<Duration>{minutes(30), {}})};
  CHECK(judge(scenario, falls_back().journal()).answer(true) == Answer::ok);
}

TEST_CASE("tls_policy_chooses_the_expectations") {
  const scenario::Scenario scenario = wrong_certificate();
  Conversation talk;
  starttls(talk.session(1, minutes(0))).tls(true).ehlo().deliver();
  const journal::Journal journal = talk.journal();
  CHECK(judge(scenario, journal).answer(true) == Answer::ok);
  CHECK(judge(scenario, journal, TlsPolicy::required).answer(true) == Answer::ok);
  const CaseVerdict verified = judge(scenario, journal, TlsPolicy::verified);
  CHECK(outcome(verified, "refuses-certificate") == Outcome::fail);
  CHECK_FALSE(is_judged(verified, "uses-tls"));
}

TEST_CASE("tls_policy_stands_in_the_journal") {
  const std::string text = turns_away(1).text();
  const std::string run =
      R"({"time_us":0,"event":"run","version":"1","seed":1,"time_scale":1,"tls_policy":"verified"})";
  const journal::Journal journal =
      journal::Journal::decode(run + "\n" + text.substr(text.find('\n') + 1));
  REQUIRE(journal.bad_lines().empty());
  CHECK(is_judged(judge(wrong_certificate(), journal), "refuses-certificate"));
  CHECK_FALSE(
      is_judged(judge(wrong_certificate(), journal, TlsPolicy::required), "refuses-certificate"));
}

TEST_CASE("tls_policy_who_leaves_a_wrong_certificate_must_come_back") {
  const scenario::Scenario scenario = wrong_certificate();
  const CaseVerdict bounced = judge(scenario, turns_away(1).journal(), TlsPolicy::verified);
  CHECK(outcome(bounced, "retry") == Outcome::fail);
  CHECK(outcome(bounced, "refuses-certificate") == Outcome::pass);
  CHECK(judge(scenario, turns_away(2).journal(), TlsPolicy::verified).answer(true) == Answer::ok);
}

TEST_CASE("tls_policy_who_needs_tls_and_is_offered_none_must_come_back") {
  scenario::Scenario scenario = wrong_certificate();
  scenario.sender_required = {must("retry"), must("delivered", std::string("never"))};
  Conversation once;
  once.session(1, minutes(0)).ehlo().quit().wait(std::chrono::hours(1));
  CHECK(outcome(judge(scenario, once.journal(), TlsPolicy::required), "retry") == Outcome::fail);
  once.session(2, minutes(35)).ehlo().quit();
  CHECK(judge(scenario, once.journal(), TlsPolicy::required).answer(true) == Answer::ok);
  CHECK(judge(scenario, once.journal(), TlsPolicy::opportunistic).answer(false) == Answer::fail);
}

TEST_CASE("tls_policy_decides_what_is_waited_for") {
  const scenario::Scenario scenario = wrong_certificate();
  Conversation talk;
  starttls(talk.session(1, minutes(0))).tls(true).ehlo().deliver();
  CHECK(settled(scenario, talk.journal()));
  const std::string run =
      R"({"time_us":0,"event":"run","version":"1","seed":1,"time_scale":1,"tls_policy":"verified"})";
  const std::string told = talk.text();
  CHECK_FALSE(
      settled(scenario, journal::Journal::decode(run + "\n" + told.substr(told.find('\n') + 1))));
}
