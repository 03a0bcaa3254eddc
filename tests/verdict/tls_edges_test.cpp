// TLS: what counts as begun, believed, or said in clear text, and what is shown of it.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using journal::event::EndedBy;
using scenario::Stage;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

constexpr auto fail = Outcome::fail;
constexpr auto pass = Outcome::pass;
constexpr auto none = Outcome::not_applicable;

Finding found(const Conversation& talk, const char* rule,
              scenario::TlsPolicy policy = scenario::TlsPolicy::required) {
  return test::finding(
      judge(test::expecting({test::must(rule)}), talk.journal(), test::told(policy)), rule);
}

Conversation& starttls(Conversation& talk, std::uint64_t session = 1, Moment at = 0s,
                       int rule = 0) {
  return talk.session(session, at).ehlo().exchange(Stage::starttls, "STARTTLS", "220 Go", {}, rule);
}

} // namespace

TEST_CASE("tls_edges_it_is_begun_by_starttls_or_a_handshake") {
  Conversation command;
  CHECK(found(starttls(command), "uses-tls").outcome == pass);
  Conversation handshake;
  handshake.session(1, 0s).ehlo().exchange(Stage::handshake, "", "", "alert", 9);
  CHECK(found(handshake, "uses-tls").outcome == pass);
  Conversation ended;
  ended.connect(1, 0s).tls(false);
  CHECK(found(ended, "uses-tls").outcome == pass);
  Conversation clear;
  constexpr std::string_view offers = "250-mx\r\n250 STARTTLS";
  clear.session(1, 0s).ehlo(offers).deliver().session(2, 1min).ehlo(offers).deliver("m2");
  const Finding never = found(clear, "uses-tls");
  CHECK(never.outcome == fail);
  REQUIRE(never.evidence.size() == 1);
  CHECK(never.evidence[0].session == 1);
  CHECK(found(clear, "uses-tls", scenario::TlsPolicy::opportunistic).outcome == none);
}

TEST_CASE("tls_edges_once_it_is_on_it_stays_on") {
  // A later handshake that fails ends a connection, and says nothing of what is said before that.
  Conversation talk;
  starttls(talk).tls(true).tls(false).ehlo().mail();
  CHECK(found(talk, "protected").outcome == pass);
  CHECK(found(talk, "refuses-certificate").outcome == fail);
}

TEST_CASE("tls_edges_a_certificate_that_was_not_believed_is_shown_once") {
  Conversation talk;
  starttls(talk).tls(false).end(EndedBy::client_closed, Stage::handshake);
  starttls(talk, 2, 1min).tls(false).end(EndedBy::client_closed, Stage::handshake);
  const Finding finding = found(talk, "refuses-certificate");
  CHECK(finding.outcome == pass);
  CHECK(finding.evidence.size() == 1);
}

TEST_CASE("tls_edges_a_fall_back_is_of_the_same_client_and_after_the_failure") {
  const auto said = [](Moment second, bool tls) {
    Conversation talk;
    starttls(talk, 1, 1min).tls(false).end(EndedBy::client_closed, Stage::handshake);
    talk.session(2, second).ehlo();
    if (tls) talk.exchange(Stage::starttls, "STARTTLS", "220 Go").tls(true).ehlo();
    if (tls) return found(talk.deliver(), "fallback-to-clear").actual;
    return found(talk.deliver(), "fallback-to-clear").actual;
  };
  constexpr const char* did =
      "the client fell back to clear text after TLS failed (allowed where TLS is opportunistic)";
  constexpr const char* did_not = "the client did not fall back to clear text";
  CHECK(said(2min, false) == did);
  CHECK(said(1min, false) == did);
  CHECK(said(1min - 1us, false) == did_not);
  CHECK(said(2min, true) == did_not);
}

namespace {

/// STARTTLS with replies injected behind it, the handshake, EHLO, and what a test says after that.
template <typename After>
Finding injected(After&& after, int rule = 9, bool tls = true, std::string_view hello = "250 mx") {
  Conversation talk;
  starttls(talk, 1, 0s, rule).tls(tls).ehlo(hello);
  after(talk);
  return found(talk, "ignores-injection");
}
void leaves(Conversation& talk) {
  talk.end(EndedBy::client_closed, Stage::mail);
}

} // namespace

TEST_CASE("tls_edges_who_leaves_without_a_reason_was_one_reply_ahead") {
  CHECK(injected(leaves).outcome == fail);
  CHECK(injected([](Conversation&) {}).outcome == pass); // the journal ends first
  CHECK(injected([](Conversation& talk) { talk.deliver(); }).outcome == pass);
  const auto after = [](std::string_view reply) {
    return injected([&](Conversation& talk) { leaves(talk.mail(reply)); }).outcome;
  };
  CHECK(after("400 No") == pass); // a refusal is a reason
  CHECK(after("550 No") == pass);
  CHECK(after("399 Hm") == fail);
  CHECK(after("250 Ok") == fail);
  const auto logs_in = [](Conversation& talk) {
    leaves(talk.exchange(Stage::auth, "AUTH PLAIN AAAA", "535 No"));
  };
  CHECK(injected(logs_in).outcome == pass);
  // Nothing was injected, or nothing came to be said inside TLS.
  CHECK(injected(leaves, 0).outcome == none);
  CHECK(injected(leaves, 9, false).outcome == pass);
  CHECK(injected(leaves, 9, true, "502 No").outcome == pass); // it was not greeted
}

TEST_CASE("tls_edges_what_was_said_out_of_step_inside_tls_is_shown") {
  const auto again = [](Conversation& talk) { leaves(talk.ehlo()); };
  const Finding hello = injected(again);
  CHECK(hello.outcome == fail);
  REQUIRE(hello.evidence.size() == 1);
  CHECK_THAT(hello.evidence[0].text, Catch::StartsWith("EHLO"));
  // Of two connections the first STARTTLS is shown where all is well.
  Conversation talk;
  for (std::uint64_t i = 1; i <= 2; ++i)
    starttls(talk, i, i * 1min, 9).tls(true).ehlo().deliver("m" + std::to_string(i));
  CHECK(found(talk, "ignores-injection").evidence.size() == 1);
  // Another rule's 220 is no injection.
  Conversation greeting;
  greeting.connect(1, 0s).exchange(Stage::greeting, "", "220 mx", {}, 9).ehlo().quit();
  CHECK(found(greeting, "ignores-injection").outcome == none);
}

TEST_CASE("tls_edges_a_handshake_that_the_client_ended_is_told_with_its_reason") {
  journal::event::Tls refused;
  refused.problem = "client sent alert: unknown CA";
  Conversation talk;
  talk.handover().sender_started();
  starttls(talk).tls(refused).end(EndedBy::server, Stage::handshake);
  talk.wait(1s).sender_ended(0);
  const CaseVerdict verdict = judge(test::expecting({test::must("retry")}), talk.journal(),
                                    test::told(scenario::TlsPolicy::verified));
  const Finding retry = test::finding(verdict, "retry");
  REQUIRE(retry.outcome == fail);
  REQUIRE(retry.evidence.size() == 1);
  CHECK(retry.evidence[0].text == "TLS handshake failed: client sent alert: unknown CA");
  REQUIRE(verdict.summary.timelines.size() == 1);
  CHECK(verdict.summary.timelines[0].tries[0].said ==
        "TLS handshake failed: client sent alert: unknown CA");
}

TEST_CASE("tls_edges_a_connection_that_the_server_ended_after_a_handshake_is_told_as_such") {
  Conversation talk;
  talk.handover().sender_started();
  starttls(talk).tls(true).ehlo().mail().end(EndedBy::server, Stage::mail);
  talk.wait(1s).sender_ended(0);
  const Finding retry = found(talk, "retry");
  REQUIRE(retry.evidence.size() == 1);
  CHECK(retry.evidence[0].text == "server ended the connection after MAIL");
}
