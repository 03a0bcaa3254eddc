// Notifications that nobody should be sent.
#include "conversation.hpp"
#include "findings.hpp"

using namespace tempfail;
using namespace tempfail::verdict;
using test::Conversation;
using namespace std::chrono_literals;

namespace {

Finding found(const Conversation& talk) {
  return test::finding(
      judge(test::expecting({test::must("no-report-about-reports")}), talk.journal()),
      "no-report-about-reports");
}

/// The message was rejected (5xx); its sender is a@sender.test, or nobody.
Conversation refused(std::string_view sender = "a@sender.test") {
  Conversation talk;
  talk.handover("1", {"b@rcpt.test"}, sender);
  talk.session(1, 0s).ehlo().mail("250 Ok", std::string(sender)).rcpt("550 No").quit();
  return talk;
}

/// A notification to somebody, and the reply to its recipient.
Conversation& report(Conversation& talk, std::uint64_t session, std::string to,
                     std::string_view reply, std::string_view about = "b@rcpt.test") {
  talk.session(session, session * 1min).ehlo().mail("250 Ok", "").rcpt(reply, std::move(to));
  if (reply[0] == '2') talk.data().content("", 100, {{about, "failed", "5.1.1"}}).message();
  return talk.quit();
}

} // namespace

TEST_CASE("reports_one_that_is_refused_is_the_last_of_them") {
  Conversation once = refused();
  report(once, 2, "a@sender.test", "550 No");
  CHECK(found(once).outcome == Outcome::pass);
  Conversation again = once;
  report(again, 3, "a@sender.test", "550 No");
  const Finding another = found(again);
  CHECK(another.outcome == Outcome::fail);
  CHECK(another.actual ==
        "a notification to a@sender.test was rejected (5xx), and another one came");
  CHECK(another.evidence.size() == 2);
  // One that is put off comes again, as any other mail does.
  Conversation later = refused();
  report(later, 2, "a@sender.test", "451 Later");
  report(later, 3, "a@sender.test", "451 Later");
  report(later, 4, "a@sender.test", "550 No");
  CHECK(found(later).outcome == Outcome::pass);
  CHECK(found(refused()).outcome == Outcome::not_applicable);
}

TEST_CASE("reports_there_may_be_one_for_each_recipient") {
  Conversation two;
  two.handover("1", {"b@rcpt.test", "c@rcpt.test"});
  two.session(1, 0s).ehlo().mail().rcpt("550 No").rcpt("550 No", "c@rcpt.test").quit();
  report(two, 2, "a@sender.test", "550 No");
  report(two, 3, "a@sender.test", "550 No");
  CHECK(found(two).outcome == Outcome::pass);
  report(two, 4, "a@sender.test", "550 No");
  CHECK(found(two).outcome == Outcome::fail);
}

TEST_CASE("reports_are_not_asked_for_where_they_are_what_fails") {
  Conversation talk = refused();
  report(talk, 2, "a@sender.test", "550 No");
  talk.sender_started().sender_ended(0);
  const auto judged_of = [&](std::vector<scenario::Expectation> expectations) {
    const CaseVerdict verdict = judge(test::expecting(std::move(expectations)), talk.journal());
    return std::any_of(verdict.findings.begin(), verdict.findings.end(),
                       [](const Finding& finding) { return finding.rule == "notified"; });
  };
  CHECK(judged_of({}));
  CHECK_FALSE(judged_of({test::must("no-report-about-reports")}));
}

TEST_CASE("reports_are_counted_for_each_sender") {
  Conversation two = refused();
  two.handover("2", {"c@rcpt.test"}, "d@sender.test");
  two.session(2, 30s).ehlo().mail("250 Ok", "d@sender.test").rcpt("550 No", "c@rcpt.test").quit();
  report(two, 3, "a@sender.test", "550 No");
  report(two, 4, "d@sender.test", "550 No");
  CHECK(found(two).outcome == Outcome::pass);
  report(two, 5, "d@sender.test", "550 No");
  CHECK(found(two).outcome == Outcome::fail);
}

TEST_CASE("reports_about_what_came_from_nobody_are_wrong_to_whomever") {
  CHECK(found(refused("")).outcome == Outcome::pass);
  for (const char* to : {"b@sender.test", "", "root@sender.test"}) {
    Conversation talk = refused("");
    report(talk, 2, to, "550 No");
    INFO(to);
    CHECK(found(talk).outcome == Outcome::fail);
  }
}

TEST_CASE("reports_about_a_report_are_told_by_what_they_say") {
  Conversation talk = refused();
  report(talk, 2, "a@sender.test", "550 No");
  report(talk, 3, "owner@sender.test", "250 Ok", "A@sender.test");
  const Finding wrong = found(talk);
  CHECK(wrong.outcome == Outcome::fail);
  CHECK(wrong.actual ==
        "a notification reports that an earlier notification to a@sender.test failed");
  // Whoever can mend it may be shown what failed (RFC 5321 section 4.5.5).
  Conversation shown = refused();
  report(shown, 2, "a@sender.test", "550 No");
  report(shown, 3, "postmaster@sender.test", "250 Ok", "a@sender.test");
  CHECK(found(shown).outcome == Outcome::pass);
  Conversation nobody = refused();
  report(nobody, 2, "", "250 Ok");
  CHECK(found(nobody).actual == "a notification was sent to <>");
}
