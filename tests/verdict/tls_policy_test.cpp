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

journal::event::Run run_told(std::string_view policy) {
  journal::event::Run run;
  run.tls_policy = policy;
  return run;
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
  const CaseVerdict opportunistic = judge(scenario, journal, test::told(TlsPolicy::opportunistic));
  CHECK(opportunistic.answer(true) == Answer::ok);
  CHECK_FALSE(is_judged(opportunistic, "protected"));
  CHECK_THAT(finding(opportunistic, "fallback-to-clear").actual,
             Catch::Contains("the client fell back to clear text after TLS failed"));
  for (const TlsPolicy policy : {TlsPolicy::required, TlsPolicy::verified}) {
    const CaseVerdict verdict = judge(scenario, journal, test::told(policy));
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
  CHECK(judge(scenario, journal, test::told(TlsPolicy::required)).answer(true) == Answer::ok);
  const CaseVerdict verified = judge(scenario, journal, test::told(TlsPolicy::verified));
  CHECK(outcome(verified, "refuses-certificate") == Outcome::fail);
  CHECK_FALSE(is_judged(verified, "uses-tls"));
}

TEST_CASE("tls_policy_stands_in_the_journal") {
  const journal::Journal journal = turns_away(1).run(run_told("verified")).journal();
  CHECK(is_judged(judge(wrong_certificate(), journal), "refuses-certificate"));
  CHECK_FALSE(is_judged(judge(wrong_certificate(), journal, test::told(TlsPolicy::required)),
                        "refuses-certificate"));
}

TEST_CASE("tls_policy_who_leaves_a_wrong_certificate_must_come_back") {
  const scenario::Scenario scenario = wrong_certificate();
  const CaseVerdict bounced = judge(scenario, turns_away(1).finish(std::chrono::hours(2)).journal(),
                                    test::told(TlsPolicy::verified));
  CHECK(outcome(bounced, "retry") == Outcome::fail);
  CHECK(outcome(bounced, "refuses-certificate") == Outcome::pass);
  CHECK(judge(scenario, turns_away(2).journal(), test::told(TlsPolicy::verified)).answer(true) ==
        Answer::ok);
}

TEST_CASE("tls_policy_who_needs_tls_and_is_offered_none_must_come_back") {
  scenario::Scenario scenario = wrong_certificate();
  scenario.sender_required = {must("retry"), must("delivered", std::string("never"))};
  const auto ehlo =
      [](Conversation& talk) -> Conversation& { // a rule took STARTTLS out of the reply
    return talk.exchange(Stage::ehlo, "EHLO client.test", "250 mx", {}, 7);
  };
  Conversation once;
  ehlo(once.session(1, minutes(0))).quit().finish(std::chrono::hours(2));
  CHECK(outcome(judge(scenario, once.journal(), test::told(TlsPolicy::required)), "retry") ==
        Outcome::fail);
  ehlo(once.session(2, minutes(35))).quit().finish(std::chrono::hours(2));
  CHECK(judge(scenario, once.journal(), test::told(TlsPolicy::required)).answer(true) ==
        Answer::ok);
  CHECK(judge(scenario, once.journal(), test::told(TlsPolicy::opportunistic)).answer(false) ==
        Answer::fail);
}

TEST_CASE("tls_policy_decides_what_is_waited_for") {
  const scenario::Scenario scenario = wrong_certificate();
  Conversation talk;
  starttls(talk.session(1, minutes(0))).tls(true).ehlo().deliver();
  CHECK(settled(scenario, talk.journal()));
  CHECK_FALSE(settled(scenario, talk.run(run_told("verified")).journal()));
}

namespace {

const scenario::Scenario injects = test::expecting({must("ignores-injection")});

/// As far as STARTTLS, behind whose reply something was injected.
Conversation injected(int rule = 7) {
  Conversation talk;
  talk.session(1, minutes(0)).ehlo("250-mx\r\n250 STARTTLS");
  return talk.exchange(Stage::starttls, "STARTTLS", "220 Go", {}, rule).tls(true);
}
Outcome injection(const Conversation& talk) {
  return outcome(judge(injects, talk.journal()), "ignores-injection");
}

Outcome rule_of(const Conversation& talk, const char* rule,
                TlsPolicy policy = TlsPolicy::required) {
  return outcome(judge(test::expecting({must(rule)}), talk.journal(), test::told(policy)), rule);
}

} // namespace

TEST_CASE("tls_password_and_envelope_are_protected_alike") {
  Conversation mail;
  mail.session(1, minutes(0)).ehlo().mail().quit();
  CHECK(rule_of(mail, "protected") == Outcome::fail);
  Conversation password;
  password.session(1, minutes(0)).ehlo().exchange(Stage::auth, "AUTH PLAIN *", "235 Ok").quit();
  CHECK(rule_of(password, "protected") == Outcome::fail);
  Conversation both;
  starttls(both.session(1, minutes(0)))
      .tls(true)
      .ehlo()
      .exchange(Stage::auth, "AUTH PLAIN *", "235 Ok");
  CHECK(rule_of(both.deliver(), "protected") == Outcome::pass);
  Conversation failed;
  starttls(failed.session(1, minutes(0))).tls(false).mail().quit();
  CHECK(rule_of(failed, "protected") == Outcome::fail);
  Conversation hello;
  hello.session(1, minutes(0)).ehlo().quit();
  CHECK(rule_of(hello, "protected") == Outcome::pass);
}

TEST_CASE("tls_a_certificate_is_believed_by_who_trusts_the_server_with_anything") {
  const auto says = [](auto say) {
    Conversation talk;
    starttls(talk.session(1, minutes(0))).tls(true).ehlo();
    say(talk);
    return rule_of(talk.quit(), "refuses-certificate", TlsPolicy::verified);
  };
  CHECK(says([](Conversation& talk) { talk.mail(); }) == Outcome::fail);
  CHECK(says([](Conversation& talk) { talk.exchange(Stage::auth, "AUTH PLAIN *", "235 Ok"); }) ==
        Outcome::fail);
  CHECK(says([](Conversation&) {}) == Outcome::pass);
  // In clear text it was not the certificate that was believed.
  Conversation clear;
  starttls(clear.session(1, minutes(0))).tls(false).end(EndedBy::client_closed, Stage::handshake);
  clear.session(2, minutes(1)).ehlo().deliver();
  CHECK(rule_of(clear, "refuses-certificate", TlsPolicy::verified) == Outcome::pass);
}

TEST_CASE("tls_is_begun_with_starttls_or_on_a_port_of_its_own") {
  Conversation begun;
  starttls(begun.session(1, minutes(0))).end(EndedBy::client_closed, Stage::handshake);
  CHECK(rule_of(begun, "uses-tls") == Outcome::pass);
  Conversation passed_by;
  passed_by.session(1, minutes(0)).ehlo("250-mx\r\n250 STARTTLS").mail().quit();
  CHECK(rule_of(passed_by, "uses-tls") == Outcome::fail);
  // Nothing obliges a sender that may do without.
  CHECK(rule_of(passed_by, "uses-tls", TlsPolicy::opportunistic) == Outcome::not_applicable);
  Conversation nothing;
  nothing.session(1, minutes(0)).ehlo("250-mx\r\n250 STARTTLS").quit();
  CHECK(rule_of(nothing, "uses-tls") == Outcome::not_applicable);
}

TEST_CASE("tls_a_fall_back_comes_after_the_failure_from_the_same_client_and_in_clear") {
  const auto said = [](const Conversation& talk) {
    return finding(judge(test::expecting({}), talk.journal()), "fallback-to-clear").actual;
  };
  const char* fell_back =
      "the client fell back to clear text after TLS failed (allowed where TLS is opportunistic)";
  const char* did_not = "the client did not fall back to clear text";
  CHECK(said(falls_back()) == fell_back);
  const auto with = [](Moment at, const char* client, bool tls, bool says_mail) {
    Conversation talk;
    starttls(talk.session(1, minutes(1))).tls(false).end(EndedBy::client_closed, Stage::handshake);
    talk.connect(2, at, client).exchange(Stage::greeting, {}, "220 mx").ehlo();
    if (tls) talk.exchange(Stage::starttls, "STARTTLS", "220 Go").tls(true);
    if (says_mail) talk.mail();
    return talk.quit();
  };
  CHECK(said(with(minutes(2), "127.0.0.1", false, true)) == fell_back);
  CHECK(said(with(minutes(0), "127.0.0.1", false, true)) == did_not);
  CHECK(said(with(minutes(2), "127.0.0.9", false, true)) == did_not);
  CHECK(said(with(minutes(2), "127.0.0.1", true, true)) == did_not);
  CHECK(said(with(minutes(2), "127.0.0.1", false, false)) == did_not);
  Conversation never;
  never.session(1, minutes(0)).ehlo().deliver();
  CHECK(outcome(judge(test::expecting({}), never.journal()), "fallback-to-clear") ==
        Outcome::not_applicable);
}

TEST_CASE("tls_who_drops_what_was_injected_is_right") {
  CHECK(injection(injected().ehlo().deliver()) == Outcome::pass);
  // The connection may be dropped, too.
  CHECK(injection(injected().end(EndedBy::client_closed, Stage::ehlo)) == Outcome::pass);
  CHECK(injection(injected().ehlo("451 Later").quit()) == Outcome::pass);
  CHECK(injection(injected().ehlo().mail("452 Full").quit()) == Outcome::pass);
  CHECK(injection(injected(0).ehlo().deliver()) == Outcome::not_applicable);
  Conversation refused;
  refused.session(1, minutes(0))
      .ehlo()
      .exchange(Stage::starttls, "STARTTLS", "454 No", {}, 7)
      .deliver();
  CHECK(injection(refused) == Outcome::not_applicable);
}

TEST_CASE("tls_each_sign_of_an_injection_that_was_believed_is_enough") {
  // Greeted, and gone; or in mid-transaction, although nothing was refused.
  CHECK(injection(injected().ehlo().end(EndedBy::client_closed, Stage::ehlo)) == Outcome::fail);
  CHECK(injection(injected().ehlo().mail().quit()) == Outcome::fail);
  // HELO, though EHLO was accepted.
  CHECK(
      injection(injected().ehlo().exchange(Stage::ehlo, "HELO client.test", "250 mx").deliver()) ==
      Outcome::fail);
  CHECK(injection(injected()
                      .ehlo("502 What?")
                      .exchange(Stage::ehlo, "HELO client.test", "250 mx")
                      .deliver()) == Outcome::pass);
  CHECK(injection(injected().ehlo().mail("452 Full").ehlo().deliver()) == Outcome::pass);
  // A command sent before the reply to the one before it.
  journal::event::Exchange early;
  early.stage = Stage::mail;
  early.line = "MAIL FROM:<a@sender.test>";
  early.verb = "MAIL";
  early.address = "a@sender.test";
  early.reply = "250 Ok\r\n";
  early.code = 250;
  early.breaches = static_cast<journal::Breaches>(journal::Breach::pipelined_without_leave);
  CHECK(injection(injected().ehlo().exchange(early).rcpt().data().content().message().quit()) ==
        Outcome::fail);
  CHECK(injection(injected(0).ehlo().exchange(early).rcpt().data().content().message().quit()) ==
        Outcome::not_applicable);
}

TEST_CASE("tls_policy_a_notification_goes_to_another_domain") {
  const auto said = [](bool logs_in) {
    Conversation talk;
    talk.handover().session(1, minutes(0)).ehlo().quit();
    talk.session(2, minutes(40)).ehlo();
    if (logs_in) talk.exchange(Stage::auth, "AUTH PLAIN *", "235 Ok");
    talk.mail("250 Ok", "").rcpt("250 Ok", "a@sender.test").data().content().message().quit();
    return outcome(judge(test::expecting({}), talk.journal(), test::told(TlsPolicy::required)),
                   "protected");
  };
  CHECK(said(false) == Outcome::pass);
  CHECK(said(true) == Outcome::fail); // a login is one anywhere
}

TEST_CASE("tls_policy_nobody_can_start_what_is_not_offered") {
  const auto uses = [](std::string_view hello) {
    Conversation talk;
    talk.handover().session(1, minutes(0)).ehlo(hello).deliver();
    return judge(test::expecting({must("uses-tls")}), talk.journal(),
                 test::told(TlsPolicy::verified));
  };
  CHECK(outcome(uses("250 mx"), "uses-tls") == Outcome::not_applicable);
  CHECK(outcome(uses("250 mx"), "protected") == Outcome::fail);
  CHECK(outcome(uses("250-mx\r\n250 STARTTLS"), "uses-tls") == Outcome::fail);
  CHECK(finding(uses("250-mx\r\n250 STARTTLS"), "protected").actual == "see `uses-tls`");
}
