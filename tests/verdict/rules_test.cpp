// The judge is judged: for every rule hand-written journals that keep it and that break it, in journals/,
// named RULE-pass*.jsonl and RULE-fail*.jsonl, and RULE-unmet, RULE-open where there is nothing to judge. A broken
// one must fail for the right reason.
#include "findings.hpp"
#include "scenario/expectation.hpp"
#include "support/catch.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

using namespace tempfail;
using namespace tempfail::verdict;
namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// The expectation under which a rule's journals are judged; none: the rule is judged always.
std::optional<scenario::ExpectationValue> value_for(const std::string& rule) {
  using scenario::Range;
  const std::map<std::string, scenario::ExpectationValue> values = {
      {"retry", std::monostate{}},
      {"no-retry", std::monostate{}},
      {"tries", Range<std::uint64_t>{3, 5}},
      {"gives-up", Range<Duration>{hours(96), hours(120)}},
      {"first-retry", Range<Duration>{minutes(30), hours(4)}},
      {"back-off", std::monostate{}},
      {"jitter", std::monostate{}},
      {"schedule", std::vector<Duration>{hours(1), hours(4), hours(12), hours(24)}},
      {"delivered", std::string("once")},
      {"notified", std::string("failed")},
      {"untouched", std::string("mx2.case.test")},
      {"delivered-by", std::string("mx2.case.test")},
      {"in-order", std::monostate{}},
      {"spread", std::monostate{}},
      {"hosts-per-try", Range<std::uint64_t>{2, std::nullopt}},
      {"dead-host-remembered", std::monostate{}},
      {"not-delayed-by", std::string("mx1.case.test")},
      {"one-copy", std::monostate{}},
      {"replies-in-step", std::monostate{}},
      {"asked", std::string("mx2.case.test")},
      {"not-asked", std::string("mx2.case.test")},
      {"no-report-about-reports", std::monostate{}},
      {"concurrency-drops", std::monostate{}},
      {"uses-tls", std::monostate{}},
      {"protected", std::monostate{}},
      {"stops-loop", std::monostate{}},
      {"refuses-certificate", std::monostate{}},
      {"ignores-injection", std::monostate{}},
  };
  const auto found = values.find(rule);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

/// Where a rule is about the way to hosts: two of them, of the same preference or of one after the other.
void add_hosts(scenario::Scenario& scenario, const std::string& rule) {
  if (rule != "in-order" && rule != "spread") return;
  scenario.names.emplace();
  scenario.names->domains = {"case.test"};
  for (const int number : {1, 2}) {
    scenario::Host host;
    host.label = "mx" + std::to_string(number);
    host.name = host.label + ".case.test";
    const int preference = rule == "spread" ? 10 : number * 10;
    scenario.names->records.push_back({"case.test",
                                       scenario::RecordType::mx,
                                       std::to_string(preference) + " " + host.name + ".",
                                       {},
                                       {}});
    scenario.hosts.push_back(std::move(host));
  }
}

/// What the finding of a journal that breaks its rule must say; near misses included.
const std::map<std::string, std::string> reasons = {
    {"connects-fail", "no connection arrived; the command exited with status 0"},
    {"connects-fail-with-an-error", "exited with status 75"},
    {"retry-fail", " in the 5h59m that were watched"},
    {"no-retry-fail", "was retried 1m after the 55"},
    {"tries-fail", "the sender made 2 tries for the message (1 too few)"},
    {"tries-fail-too-many", "the sender made 7 tries for the message (2 too many)"},
    {"gives-up-fail", "came 1d after the first (3d too early)"},
    {"pause-fail", "the sender made 4 tries for b@rcpt.test within 1m, without a pause"},
    {"pause-fail-after-the-first", "4 tries for the message within 30s, without a pause"},
    {"first-retry-fail", "came 29m48s after the 4"},
    {"first-retry-fail-too-late", "(1h too late)"},
    {"back-off-fail", "were 10m, 10m, 10m, 10m (the last one is 2m too short"},
    {"back-off-fail-shrinks", "less than half of the one before it"},
    {"jitter-fail", "(5 of them too close together)"},
    {"schedule-fail", "is 5h instead of 12h (4h"},
    {"schedule-fail-gave-up", "only 3 tries"},
    {"refused-content-unchanged-fail", "the same message was sent again 16m39s later"},
    {"delivered-fail", "never arrived, after 1 try"},
    {"no-duplicate-fail", "2 times although the sender had seen"},
    {"no-duplicate-fail-behind-the-window", "3 times although"},
    {"content-fail", "it lacks its beginning, its end and its attachment (120 bytes "
                     "arrived; 500 were handed over)"},
    {"content-fail-no-attachment", "it lacks its attachment"},
    {"content-fail-cut", "it lacks its end and its attachment"},
    {"content-fail-own", "its text has 2 bytes, but an earlier copy had 363"},
    {"recipients-fail",
     "the sender named stranger@rcpt.test, which is not a recipient of any message"},
    {"recipients-fail-in-a-transaction-of-its-own", "the sender named stranger@rcpt.test"},
    {"notified-fail", "no notification arrived"},
    {"notified-fail-from-somebody", "from an address instead of <>"},
    {"notified-fail-claims-success",
     "ended with status 0 although the server rejected the message (550 to "},
    {"true-notification-fail", "status 2.0.0 means success"},
    {"true-notification-fail-another-reason", "status 5.7.28 is not the server's: 5.1.1"},
    {"true-notification-fail-of-what-was-delivered", "is reported as failed, but was accepted"},
    {"true-notification-fail-of-a-stranger", "names c@rcpt.test, to which nothing was sent"},
    {"true-notification-fail-permanent-delay",
     "status 5.4.7 is permanent, but the message is only delayed"},
    {"notified-fail-delay-only", "only notifications with another action arrived: delayed"},
    {"notified-fail-never", "a notification arrived, but NOTIFY was NEVER"},
    {"notified-fail-unasked", "has the action failed, but NOTIFY was DELAY,SUCCESS"},
    {"true-notification-fail-foreign-reply", "has the reply 554, which no server sent"},
    {"true-notification-fail-delayed-after-delivery", "is reported as delayed, but was accepted"},
    {"notification-form-fail", "Reporting-MTA is missing"},
    {"notification-form-fail-no-report", "its type is multipart/mixed instead of multipart/report"},
    {"notification-form-fail-no-final-recipient", "Final-Recipient is missing (b@rcpt.test)"},
    {"notification-form-fail-no-status", "Status is missing (b@rcpt.test)"},
    {"notification-form-fail-status", "`5.1` is not a valid Status"},
    {"notification-form-fail-action", "`bounced` is not a valid Action"},
    {"notification-form-fail-retry-until", "it has Will-Retry-Until, but is not about a delay"},
    {"notification-form-fail-eight-bit", "which need message/global-delivery-status"},
    {"notification-form-fail-asks-for-more", "it was sent with NOTIFY=FAILURE"},
    {"original-recipient-fail",
     "Original-Recipient is rfc822;somebody@rcpt.test, which the sender made up"},
    {"original-recipient-fail-left-out",
     "Original-Recipient is missing, but ORCPT was rfc822;B+c@rcpt.test"},
    {"original-recipient-fail-other-case",
     "is rfc822;b+c@rcpt.test, but ORCPT was rfc822;B+c@rcpt.test"},
    {"original-recipient-fail-envelope-id", "Original-Envelope-Id is x+2By, but ENVID was x+y"},
    {"returned-content-fail", "returns the message's text, but RET=HDRS allows only its header"},
    {"returned-content-fail-requiretls", "REQUIRETLS allows only its header"},
    {"returned-content-fail-in-the-text", "RET=HDRS allows only its header"},
    {"failed-is-final-fail",
     "b@rcpt.test was tried 29m after a notification had reported its failure"},
    {"failed-is-final-fail-twice",
     "reports b@rcpt.test as failed 10m after one that reported it as failed"},
    {"failed-is-final-fail-delayed-after-it", "reports b@rcpt.test as delayed 10m after"},
    {"passes-on-fail", "in a try for b@rcpt.test, NOTIFY=FAILURE,SUCCESS was left out"},
    {"passes-on-fail-envelope-id", "ENVID=x+y became ENVID=X+y"},
    {"passes-on-fail-original-recipient",
     "ORCPT=rfc822;b@rcpt.test became ORCPT=rfc822;B@rcpt.test"},
    {"passes-on-fail-return", "RET=HDRS became RET=FULL"},
    {"return-path-fail", "came from <>, but was handed over with the sender a@sender.test"},
    {"success-on-request-fail", "reports b@rcpt.test as relayed, but NOTIFY was not given"},
    {"success-on-request-fail-delivered", "reports b@rcpt.test as delivered"},
    {"closes-after-421-fail", " after the server had replied 421"},
    {"closes-after-421-fail-stays", "kept the connection open for"},
    {"ends-after-failure-fail", "the client sent DATA after the server had replied "},
    {"leave-taking-fail", "the client closed the connection without QUIT"},
    {"leave-taking-fail-after-a-refusal", "the client closed the connection without QUIT"},
    {"leave-taking-fail-after-mail", "the client closed the connection without QUIT"},
    {"recipients-one-by-one-fail", "b@rcpt.test was accepted, and sent again"},
    {"recipients-one-by-one-fail-abandoned",
     "b@rcpt.test did not get the message because full@rcpt.test was refused ("},
    {"concurrency-drops-fail",
     "5 connections at once before the refusal, and 5 after it (1 too many)"},
    {"waits-fail", "waited 30s for the greeting, and then closed the connection (4m30s too early)"},
    {"waits-fail-at-the-end-of-the-content",
     "for the reply to the end of the content, and then closed the connection (8m"},
    {"waits-fail-before-any-greeting",
     "waited 30s for the greeting, and then closed the connection (4m30s too early)"},
    {"time-out-fail", "waited 1d1h for the reply to MAIL, and had not given up"},
    {"untouched-fail", "the sender contacted mx2.case.test"},
    {"delivered-by-fail", "mx1.case.test accepted the message for b@case.test"},
    {"reports-failure-fail",
     "status 0, which reports that the message was sent, but b@rcpt.test was not accepted"},
    {"reports-success-fail",
     "status 1, which reports that the message failed, but b@rcpt.test was accepted"},
    {"reports-doubt-fail", "status 0, which reports that the message was sent, but b@rcpt.test may "
                           "or may not have been accepted"},
    {"reports-kind-fail", "status 75, which reports that the message failed temporarily, but "
                          "b@rcpt.test was rejected (5xx)"},
    {"reports-each-fail", "its result file reports that the message failed permanently, but "
                          "b1@rcpt.test was accepted"},
    {"reports-status-fail",
     "its result file reports code 451 for b@rcpt.test, but the server replied 452"},
    {"next-message-fail", "after message 1 had failed, message 2 never reached the server"},
    {"no-blind-resend-fail", "the message for b@rcpt.test was sent again at once"},
    {"ends-in-time-fail", "still running 59m58s after its last connection was closed"},
    {"in-order-fail",
     "the sender contacted mx2.case.test although nothing had failed at mx1.case.test"},
    {"spread-fail", "mx2.case.test got none of 16 connections"},
    {"hosts-per-try-fail", "the first try for b@case.test ended after 1 host"},
    {"dead-host-remembered-fail", "24 connections to a dead host in 2 half hours"},
    {"not-delayed-by-fail",
     "waited for mx1.case.test and arrived 1m39s after the sender gave up on that host"},
    {"one-copy-fail", "2 copies for 2 recipients"},
    {"replies-in-step-fail",
     "the client sent another command 10m4s after the end of the content, while the reply"},
    {"asked-fail", "the sender did not look up mx2.case.test"},
    {"not-asked-fail", "the sender looked up mx2.case.test"},
    {"no-report-about-reports-fail", "a@sender.test was rejected (5xx), and another one came"},
    {"rests-fail", "the command used the processor for 40s of the 1m (real time) that it ran"},
    {"time-out-fail-at-quit", "waited 1d1h for the reply to QUIT, and had not given up"},
    {"stops-loop-fail",
     "came back 2 times until the server stopped the loop, with 101 Received fields"},
    {"line-ends-fail", "a line of the content ended with LF alone"},
    {"line-length-fail", "a line of the content has more than 1000 bytes"},
    {"dot-stuffing-fail", "begins with a dot and was sent without a second one"},
    {"eight-bit-content-fail", "octets over 127, and MAIL did not say BODY=8BITMIME"},
    {"eight-bit-command-fail", "a command has octets over 127 without SMTPUTF8"},
    {"nul-fail", "has a NUL byte"},
    {"sequence-fail", "the protocol does not allow at this point: RCPT TO:<b@rcpt.test> -> 503"},
    {"syntax-fail", "a command does not keep to the grammar: MAIL FROM"},
    {"greeting-first-fail", "a command was sent before the greeting: EHLO client.test"},
    {"pipelining-fail", "the client sent more before it had the reply to a command: "},
    {"extensions-fail", "a command used an extension that the server had not announced: "},
    {"declared-size-fail", "the message is larger than the SIZE that MAIL declared: "},
    {"starttls-plaintext-fail", "clear text was sent after STARTTLS: STARTTLS"},
    {"uses-tls-fail", "offered, but the client did not start it: MAIL FROM:<a@sender.test>"},
    {"protected-fail", "sent this in clear text: MAIL FROM:<a@sender.test>"},
    {"refuses-certificate-fail", "the client accepted the certificate"},
    {"ignores-injection-fail", "as replies inside TLS"},
    {"ignores-injection-fail-gave-up", "as replies inside TLS"},
};

/// What the finding of a journal without the thing that the rule speaks of (RULE-unmet), or in which it is open
/// (RULE-open), must say.
const std::map<std::string, std::string> not_judged = {
    {"retry-unmet", "nothing failed temporarily"},
    {"no-retry-unmet", "nothing was rejected (5xx)"},
    {"refuses-certificate-unmet", "no handshake was tried"},
    {"spread-unmet", "there were 14 connections, but at least 15 are needed to show"},
    {"jitter-unmet", "3 messages were retried, but at least 6 are needed to show this"},
    {"stops-loop-open", "the loop had not been stopped at the end of the watch time"},
    {"stops-loop-open-no-address", "the message could not be sent back: it can't be forwarded"},
    {"gives-up-open",
     "came 1d after the first, and the watch time ended after 1d23h: use a longer --watch-time"},
};

/// Rules that report and never fail.
const std::set<std::string> reporters = {"fallback-to-clear"};

std::string headline_of(const Finding& finding) {
  return finding.near_miss.empty() ? finding.actual
                                   : finding.actual + " (" + finding.near_miss + ")";
}

std::string rule_of(const std::string& stem) {
  for (const char* word : {"-pass", "-fail", "-unmet", "-open"})
    if (const std::size_t at = stem.rfind(word); at != std::string::npos) return stem.substr(0, at);
  return {};
}

Finding judged(const fs::path& file, const std::string& rule) {
  scenario::Scenario scenario = test::expecting({});
  if (const auto value = value_for(rule))
    scenario.sender.push_back({rule, scenario::Level::must, *value, 1});
  add_hosts(scenario, rule);
  const journal::Journal journal = journal::Journal::read(file);
  REQUIRE(journal.bad_lines().empty());
  REQUIRE(journal.unknown_events() == 0);
  const CaseVerdict verdict = judge(scenario, journal);
  REQUIRE(verdict.run_error.empty());
  return test::finding(verdict, rule);
}

std::vector<fs::path> journals() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(TEMPFAIL_JOURNALS))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace

TEST_CASE("rules_every_journal_has_the_outcome_of_its_name") {
  for (const fs::path& file : journals()) {
    const std::string stem = file.stem().string();
    INFO(stem);
    const std::string rule = rule_of(stem);
    REQUIRE(find_rule(rule) != nullptr);
    const Finding finding = judged(file, rule);
    const std::string said = headline_of(finding);
    INFO(said);
    if (stem.find("-pass") != std::string::npos) {
      CHECK(finding.outcome == Outcome::pass);
      CHECK_FALSE(finding.actual.empty());
      continue;
    }
    if (not_judged.count(stem) == 1) {
      const bool open = stem.find("-open") != std::string::npos;
      CHECK(finding.outcome == (open ? Outcome::undecided : Outcome::not_applicable));
      CHECK_THAT(said, Catch::Contains(not_judged.at(stem)));
      continue;
    }
    CHECK(finding.outcome == Outcome::fail);
    CHECK(reasons.count(stem) == 1);
    if (reasons.count(stem) == 1) CHECK_THAT(said, Catch::Contains(reasons.at(stem)));
  }
}

TEST_CASE("rules_none_lacks_a_journal_that_keeps_it_and_one_that_breaks_it") {
  std::set<std::string> stems;
  for (const fs::path& file : journals())
    stems.insert(file.stem().string());
  for (const Rule& rule : all_rules()) {
    const std::string id(rule.info.id);
    INFO(id);
    CHECK(stems.count(id + "-pass") == 1);
    if (reporters.count(id) == 0) CHECK(stems.count(id + "-fail") == 1);
  }
}

TEST_CASE("rules_every_expectation_has_a_rule_of_its_name") {
  for (const scenario::ExpectationKind& kind : scenario::expectation_kinds()) {
    INFO(kind.name);
    CHECK(find_rule(kind.name) != nullptr);
  }
}

TEST_CASE("rules_asked_more_strongly_than_their_source_asks_say_why") {
  for (const RuleInfo& rule : rules()) {
    INFO(rule.id);
    if (is_stricter_than_source(rule.keyword, rule.level)) CHECK_FALSE(rule.reason.empty());
    CHECK_FALSE(rule.reason.ends_with('.')); // part of a sentence in every report
    CHECK(reason_for(rule, rule.level) == rule.reason);
  }
}

TEST_CASE("rules_keywords_are_ordered_by_strength") {
  using scenario::Level;
  for (const Keyword keyword : {Keyword::must, Keyword::must_not}) {
    CHECK_FALSE(is_stricter_than_source(keyword, Level::must));
    CHECK_FALSE(is_stricter_than_source(keyword, Level::should));
  }
  for (const Keyword keyword : {Keyword::should, Keyword::should_not, Keyword::stated}) {
    CHECK(is_stricter_than_source(keyword, Level::must));
    CHECK_FALSE(is_stricter_than_source(keyword, Level::should));
  }
  for (const Keyword keyword : {Keyword::may, Keyword::practice}) {
    CHECK(is_stricter_than_source(keyword, Level::must));
    CHECK(is_stricter_than_source(keyword, Level::should));
  }
  CHECK(cited("RFC 5321 section 4.2.1", Keyword::should_not) ==
        "RFC 5321 section 4.2.1 (it says SHOULD NOT)");
  CHECK(cited("RFC 5321 section 6.1", Keyword::stated) ==
        "RFC 5321 section 6.1 (stated without a keyword)");
  CHECK(cited("a guide", Keyword::practice) == "a guide (practice)");
  CHECK(to_string(Keyword::practice) == "practice");
}

TEST_CASE("rules_that_a_scenario_asks_at_another_level_say_so") {
  using scenario::Level;
  const RuleInfo should{"x", "X.", "RFC 1", Keyword::practice, Level::should, false, "guides do"};
  CHECK(reason_for(should, Level::should) == "guides do");
  CHECK(reason_for(should, Level::must) == "the scenario requires it as a MUST");
  const RuleInfo must{"x", "X.", "RFC 1", Keyword::stated, Level::must, false, "it loses mail"};
  CHECK(reason_for(must, Level::should).empty());
}

TEST_CASE("rules_findings_carry_keyword_level_and_reason") {
  const RuleInfo& info = *rule_info("no-retry");
  const Finding finding = judged(TEMPFAIL_JOURNALS "/no-retry-fail.jsonl", "no-retry");
  CHECK(finding.keyword == Keyword::should_not);
  CHECK(finding.level == scenario::Level::must);
  CHECK(finding.reason == info.reason);
  const Finding raised = judged(TEMPFAIL_JOURNALS "/tries-fail.jsonl", "tries");
  CHECK(raised.keyword == Keyword::practice);
  CHECK(raised.reason == "the scenario requires it as a MUST");
}

TEST_CASE("rules_are_complete_and_unique") {
  std::set<std::string_view> ids;
  for (const RuleInfo& rule : rules()) {
    INFO(rule.id);
    CHECK(ids.insert(rule.id).second);
    CHECK(rule.requirement.back() == '.');
    CHECK_FALSE(rule.source.empty());
    CHECK(rule.source.starts_with("RFC ") == (rule.keyword != Keyword::practice));
    CHECK(rule_info(rule.id) != nullptr);
    CHECK((rule.always || scenario::find_expectation_kind(rule.id) != nullptr));
  }
}
