// From a journal and a scenario to a verdict.
#include "verdict/causes.hpp"
#include "verdict/declared.hpp"
#include "verdict/exit_status.hpp"
#include "verdict/losses.hpp"
#include "verdict/met.hpp"
#include "verdict/rule.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

Finding finding_of(const Rule& rule, Check check, scenario::Level level) {
  Finding finding;
  finding.rule = rule.info.id;
  finding.requirement = rule.info.requirement;
  finding.source = rule.info.source;
  finding.keyword = rule.info.keyword;
  finding.level = level;
  finding.reason = reason_for(rule.info, level);
  finding.outcome = check.outcome;
  finding.expected = std::move(check.expected);
  finding.actual = std::move(check.actual);
  finding.near_miss = std::move(check.near_miss);
  finding.evidence = std::move(check.evidence);
  finding.violations = std::move(check.violations);
  return finding;
}

/// What is expected of a sender that was told this about TLS: one that needs it says nothing in clear text, whatever
/// else the scenario is about.
std::vector<scenario::Expectation> expectations_of(const Case& observed) {
  std::vector<scenario::Expectation> expected = observed.scenario->expected(observed.tls_policy);
  const bool named = std::any_of(expected.begin(), expected.end(),
                                 [](const auto& one) { return one.name == "protected"; });
  if (observed.tls_policy != scenario::TlsPolicy::opportunistic && !named)
    expected.push_back({"protected", scenario::Level::must, {}});
  return expected;
}

/// That something does not happen can't be told before the watch is over.
bool waits_for_nothing(const scenario::Expectation& expectation) {
  if (expectation.name == "no-retry" || expectation.name == "gives-up" ||
      expectation.name == "stops-loop" || expectation.name == "no-report-about-reports" ||
      expectation.name == "not-asked")
    return true;
  return asks_for_no_delivery(expectation);
}

/// Whether a rule that is judged always is judged by an expectation. Where the notification itself is what fails,
/// nobody is asked for one that arrives.
bool stands_for(const scenario::Expectation& expectation, const Rule& rule) {
  return expectation.name == rule.info.id ||
         (expectation.name == "no-report-about-reports" && rule.info.id == "notified");
}

/// The problem of a TLS handshake that failed, if nothing was delivered after it; empty: there was none.
std::string failed_handshake(const Case& observed) {
  if (accepted_anything(observed)) return {};
  for (const Session& session : observed.sessions) {
    if (session.failed_handshake == nullptr) continue;
    const auto& tls = std::get<journal::event::Tls>(session.failed_handshake->body);
    return "the TLS handshake failed" +
           (tls.problem.empty() ? "" : ": " + std::string(tls.problem));
  }
  return {};
}

std::string why_not_met(const Case& observed) {
  if (const std::string failed = failed_handshake(observed); !failed.empty()) return failed;
  if (is_without_failure(*observed.scenario) && !accepted_anything(observed) &&
      !observed.scenario->server.has_unusual_extensions(false))
    return "nothing was accepted, although nothing fails in this scenario";
  std::string why = "the failure had no effect on this sender";
  if (observed.unseen_offers != 0)
    why += ", which sent one of the messages that it got: let it send all that {handovers} lists, "
           "on one connection";
  return why;
}

/// Where nobody came there is nothing else to judge: the cause is the whole verdict. False: go on.
bool nobody_came(const Case& observed, CaseVerdict& verdict) {
  if (!observed.sessions.empty()) return false;
  const Rule& rule = connection_rules().front();
  Check check = rule.judge(observed, nullptr);
  if (check.outcome != Outcome::not_applicable) {
    verdict.findings.push_back(finding_of(rule, std::move(check), rule.info.level));
    return true;
  }
  if (observed.under_test() || !observed.outages.empty()) return false;
  verdict.met = false;
  verdict.not_met = "no connection arrived";
  return true;
}

} // namespace

CaseVerdict judge(const scenario::Scenario& scenario, const journal::Journal& journal,
                  const Declared& declared) {
  Case observed = observe(scenario, journal, declared);
  const std::vector<scenario::Expectation> expected = expectations_of(observed);
  CaseVerdict verdict;
  verdict.scenario = scenario.name;
  verdict.family = scenario.family;
  verdict.watched = observed.last - observed.first;
  verdict.role = observed.role == Role::one_shot ? "one-shot" : "queueing";
  verdict.role_is_declared = observed.role_is_declared;
  verdict.summary = summarize(observed);
  verdict.guessed = !observed.knows_handovers();
  verdict.run_error = start_error(observed);
  if (verdict.run_error.empty()) verdict.run_error = report_error(observed);
  verdict.not_applicable = declaration(observed);
  if (verdict.not_applicable.empty()) verdict.not_applicable = why_not_applicable(observed);
  if (!verdict.run_error.empty() || !verdict.not_applicable.empty()) return verdict;
  if (nobody_came(observed, verdict)) return verdict;
  verdict.met = is_met(observed);
  if (!verdict.met) verdict.not_met = why_not_met(observed);
  JudgeApartFromLosses apart(observed, journal);
  for (const scenario::Expectation& expectation : expected) {
    if (const Rule* rule = find_rule(expectation.name)) {
      observed.asked_recipients = expectation.recipient;
      Check check = apart.judge(*rule, &expectation);
      observed.asked_recipients = {};
      if (check.is_too_little_seen) verdict.not_met = check.actual;
      verdict.met = verdict.met && !check.is_too_little_seen;
      if (!expectation.recipient.empty())
        check.expecting(expectation.recipient + ": " +
                        (check.expected.empty() ? expectation.name : check.expected));
      verdict.findings.push_back(finding_of(*rule, std::move(check), expectation.level));
      verdict.findings.back().recipients = expectation.recipient;
    } else {
      verdict.run_error =
          "the scenario expects `" + expectation.name + "`, but no such rule exists";
    }
  }
  for (const Rule& rule : all_rules()) {
    const bool named = std::any_of(expected.begin(), expected.end(),
                                   [&rule](const auto& one) { return stands_for(one, rule); });
    if (rule.info.always && !named)
      verdict.findings.push_back(finding_of(rule, apart.judge(rule, nullptr), rule.info.level));
  }
  drop_consequences(verdict.findings);
  return verdict;
}

bool is_open_ended(const scenario::Scenario& scenario, scenario::TlsPolicy tls_policy) {
  const auto& expected = scenario.expected(tls_policy);
  return std::any_of(expected.begin(), expected.end(), waits_for_nothing);
}

bool settled(const scenario::Scenario& scenario, const journal::Journal& journal) {
  const Case observed = observe(scenario, journal);
  if (is_open_ended(scenario, observed.tls_policy)) return false;
  const bool all_closed = std::all_of(observed.sessions.begin(), observed.sessions.end(),
                                      [](const Session& s) { return s.end.has_value(); });
  std::size_t deliveries = 0;
  bool all_arrived = true;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    const bool told = std::any_of(delivery.tries.begin(), delivery.tries.end(), [](const Try& a) {
      return a.result == TryResult::accepted && !a.reply_lost;
    });
    ++deliveries;
    all_arrived = all_arrived && told;
  });
  const std::size_t messages = observed.unseen_offers != 0 ? 1 : scenario.test.messages;
  const std::size_t expected =
      std::size_t{scenario.test.runs} * scenario.test.recipients * messages;
  if (!all_closed || !all_arrived || deliveries < expected) return false;
  // All messages are where they should be: nothing more is to come but what was not waited for.
  const auto& expectations = scenario.expected(observed.tls_policy);
  return std::all_of(expectations.begin(), expectations.end(), [&](const auto& expectation) {
    if (expectation.name != "notified") return true;
    return find_rule(expectation.name)->judge(observed, &expectation).outcome == Outcome::pass;
  });
}

} // namespace tempfail::verdict
