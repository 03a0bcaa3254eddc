// What the kinds of report share.
#include "report/report.hpp"

#include "report/parts.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

namespace tempfail::report {

namespace {

/// How a count is named: in reports for programs, in tables, and in colour.
struct Naming {
  CaseStatus status;
  std::string_view name;
  std::string_view word;
  std::string_view colour;
};
constexpr std::array<Naming, case_status_count> namings = {{
    {CaseStatus::error, "error", "error", "35"},
    {CaseStatus::not_applicable, "not-applicable", "not applicable", "90"},
    {CaseStatus::fail, "fail", "FAIL", "1;31"},
    {CaseStatus::undecided, "undecided", "undecided", "33"},
    {CaseStatus::not_met, "not-met", "not met", "34"},
    {CaseStatus::ok_but, "ok-but", "ok (SHOULD)", "32"},
    {CaseStatus::ok, "ok", "ok", "32"},
    {CaseStatus::expected_failure, "expected-failure", "expected failure", "2"},
    {CaseStatus::unexpected_pass, "unexpected-pass", "unexpected pass", "1;31"},
}};
static_assert(std::all_of(namings.begin(), namings.end(), [](const Naming& one) {
  return &one == &namings[static_cast<std::size_t>(one.status)];
}));

const Naming& naming_of(CaseStatus status) {
  return namings[static_cast<std::size_t>(status)];
}

CaseStatus status_of(Answer answer) {
  switch (answer) {
  case Answer::error: return CaseStatus::error;
  case Answer::not_applicable: return CaseStatus::not_applicable;
  case Answer::fail: return CaseStatus::fail;
  case Answer::undecided: return CaseStatus::undecided;
  case Answer::not_met: return CaseStatus::not_met;
  case Answer::ok_but: return CaseStatus::ok_but;
  case Answer::ok: break;
  }
  return CaseStatus::ok;
}

bool was_judged(Answer answer) {
  return answer == Answer::fail || answer == Answer::undecided || answer == Answer::ok_but ||
         answer == Answer::ok;
}

} // namespace

std::string_view to_string(CaseStatus status) {
  return naming_of(status).name;
}
std::string_view status_word(CaseStatus status) {
  return naming_of(status).word;
}
std::string_view status_colour(CaseStatus status) {
  return naming_of(status).colour;
}

std::string_view to_string(RunResult result) {
  constexpr std::array<std::string_view, 4> names = {"error", "failed", "undecided", "ok"};
  return names[static_cast<std::size_t>(result)];
}

CaseStatus status_of(const CaseResult& result, bool strict) {
  if (result.stored_status) return *result.stored_status;
  switch (expected(result.verdict, result.expected, strict)) {
  case ExpectedMatch::yes: return CaseStatus::expected_failure;
  case ExpectedMatch::unexpected: return CaseStatus::unexpected_pass;
  case ExpectedMatch::no: break;
  }
  return status_of(result.verdict.answer(strict));
}

std::string RunReport::sender_summary() const {
  std::string text = sender_version.empty() ? sender : sender_version;
  const auto comma = [&text] { return text.empty() ? "" : ", "; };
  if (tls_policy != scenario::TlsPolicy::opportunistic)
    text += comma() + ("TLS " + std::string(to_string(tls_policy)));
  const auto guessed = std::count_if(
      cases.begin(), cases.end(), [](const CaseResult& result) { return result.verdict.guessed; });
  if (guessed > 0)
    text += std::string(comma()) + "in " + std::to_string(guessed) +
            (guessed == 1 ? " case" : " cases") +
            " the judge guessed which try belongs to which message, because there is no record of "
            "what was handed over";
  if (role() != "one-shot") return text;
  const bool declared = std::any_of(cases.begin(), cases.end(), [](const CaseResult& result) {
    return result.verdict.role_is_declared;
  });
  return text + comma() +
         (declared ? "tries once"
                   : "judged as a sender that tries once, because no second try was seen (--role "
                     "queueing judges it as a mail queue)");
}

std::string RunReport::repeat(std::string_view scenario) const {
  return invocation_begin + std::string(scenario) + invocation_end;
}

std::string_view RunReport::role() const {
  bool any_once = false;
  for (const CaseResult& result : cases) {
    if (result.verdict.role == "queueing") return result.verdict.role;
    any_once = any_once || !result.verdict.role.empty();
  }
  return any_once ? "one-shot" : "queueing";
}

bool RunReport::nothing_was_judged() const {
  const auto is_about_failure = [](const CaseResult& result) {
    return result.verdict.scenario != scenario_without_failure;
  };
  const bool only_healthy =
      !cases.empty() && std::none_of(cases.begin(), cases.end(), is_about_failure);
  return std::none_of(cases.begin(), cases.end(), [&](const CaseResult& result) {
    return (only_healthy || is_about_failure(result)) && was_judged(result.verdict.answer(strict));
  });
}

RunResult RunReport::result() const {
  const Totals totals = totals_of(*this);
  const auto any = [&totals](CaseStatus status) { return totals.of(status) != 0; };
  if (any(CaseStatus::error)) return RunResult::error;
  if (any(CaseStatus::fail) || any(CaseStatus::unexpected_pass)) return RunResult::failed;
  if (any(CaseStatus::undecided) || (require_met && any(CaseStatus::not_met)) || !missing.empty() ||
      nothing_was_judged())
    return RunResult::undecided;
  return RunResult::ok;
}

std::string_view to_string(Outcome outcome) {
  constexpr std::array<std::string_view, 4> names = {"pass", "fail", "not-applicable", "undecided"};
  return names[static_cast<std::size_t>(outcome)];
}

std::size_t Totals::all() const {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

Totals totals_of(const RunReport& report) {
  Totals totals;
  for (const CaseResult& result : report.cases) {
    totals.seconds += result.seconds;
    ++totals.counts[static_cast<std::size_t>(report.status(result))];
  }
  return totals;
}

std::string summary(const Totals& totals) {
  std::string text = std::to_string(totals.all()) + (totals.all() == 1 ? " case" : " cases");
  std::string_view before = ": ";
  for (const CaseStatus status : order_of_totals) {
    if (totals.of(status) == 0) continue;
    text += before;
    text += std::to_string(totals.of(status)) + " " + std::string(status_word(status));
    before = ", ";
  }
  return text;
}

namespace {

/// What a run says that ended before its last case.
std::string why_not_all(const RunReport& report) {
  const std::string count =
      std::to_string(report.not_run) + (report.not_run == 1 ? " case was" : " cases were");
  if (!report.sender_never_connected) return "the run was interrupted; " + count + " not run";
  return "the sender never connected in " + std::string(scenario_without_failure) +
         ", in which nothing fails; " + count + " not run";
}

} // namespace

std::string remark(const RunReport& report) {
  if (!report.missing.empty())
    return "this is not the whole run: part " + report.missing + " is missing";
  if (report.not_run != 0) return why_not_all(report);
  if (report.nothing_was_judged())
    return "nothing was judged: no failure had an effect on this sender";
  if (report.require_met && totals_of(report).of(CaseStatus::not_met) != 0)
    return "a case that is not met counts as undecided (--require-met)";
  return {};
}

bool shows_dialogue(const RunReport& report, const CaseResult& result) {
  constexpr std::size_t many_cases = 40;
  return report.cases.size() <= many_cases || report.status(result) != CaseStatus::ok;
}

bool decides(const Finding& finding, bool strict) {
  return (finding.outcome == Outcome::fail || finding.outcome == Outcome::undecided) &&
         is_decisive(finding.level, strict);
}

std::vector<const Finding*> failures_of(const CaseVerdict& verdict) {
  const auto rank = [](const Finding* finding) {
    return (finding->outcome == Outcome::fail ? 0 : 2) +
           (finding->level == scenario::Level::must ? 0 : 1);
  };
  std::vector<const Finding*> failed;
  for (const Finding& finding : verdict.findings)
    if (finding.outcome == Outcome::fail || finding.outcome == Outcome::undecided)
      failed.push_back(&finding);
  std::stable_sort(failed.begin(), failed.end(),
                   [&](const Finding* a, const Finding* b) { return rank(a) < rank(b); });
  return failed;
}

std::string headline(const Finding& finding) {
  const ShownFinding shown(finding);
  std::string text = finding.rule + ": " + shown.actual;
  if (!shown.near_miss.empty()) text += " (" + shown.near_miss + ")";
  return text;
}

namespace {

/// The first finding that is a reason for the answer, and the number of the others.
std::string reason_of(const CaseVerdict& verdict, Outcome outcome, bool strict) {
  std::string text;
  std::size_t more = 0;
  for (const Finding* finding : failures_of(verdict)) {
    if (finding->outcome != outcome || !decides(*finding, strict)) continue;
    if (text.empty())
      text = headline(*finding);
    else
      ++more;
  }
  if (more == 0) return text;
  return text + " (and " + std::to_string(more) + (more == 1 ? " more rule)" : " more rules)");
}

std::string what_was_kept(const CaseVerdict& verdict) {
  std::size_t kept = 0;
  std::string advised;
  for (const Finding& finding : verdict.findings) {
    kept += finding.outcome == Outcome::pass ? 1 : 0;
    if (finding.outcome == Outcome::fail) advised += (advised.empty() ? "" : ", ") + finding.rule;
  }
  std::string text = std::to_string(kept) + (kept == 1 ? " rule kept" : " rules kept");
  return advised.empty() ? text : text + "; SHOULD not kept: " + advised;
}

} // namespace

std::string headline(const RunReport& report, const CaseResult& result) {
  const CaseVerdict& verdict = result.verdict;
  if (report.status(result) == CaseStatus::unexpected_pass)
    return "was expected to fail, and is " + std::string(status_word(CaseStatus::ok));
  if (report.status(result) == CaseStatus::expected_failure) {
    for (const ExpectedAnswer& line : result.expected)
      if (!line.reason.empty()) return "known: " + shown_text(line.reason);
  }
  switch (verdict.answer(report.strict)) {
  case Answer::error: return shown_text(verdict.run_error);
  case Answer::not_applicable: return shown_text(verdict.not_applicable);
  case Answer::fail: return reason_of(verdict, Outcome::fail, report.strict);
  case Answer::undecided: return reason_of(verdict, Outcome::undecided, report.strict);
  case Answer::not_met: return shown_text(verdict.not_met);
  case Answer::ok_but:
  case Answer::ok: break;
  }
  return what_was_kept(verdict);
}

std::string route_step_target(const verdict::RouteStep& step) {
  if (step.kind == verdict::StepKind::query) return "name server";
  return step.host.empty() ? "server" : step.host;
}

std::string route_counts(const std::vector<verdict::RouteStep>& route) {
  std::array<std::size_t, step_names.size()> counts{};
  for (const verdict::RouteStep& step : route)
    ++counts[static_cast<std::size_t>(step.kind)];
  const auto [queries, connections, ports] = counts;
  std::string text = std::to_string(queries) + (queries == 1 ? " query, " : " queries, ") +
                     std::to_string(connections) +
                     (connections == 1 ? " connection" : " connections");
  if (ports != 0) text += ", " + std::to_string(ports) + " refused or unanswered";
  return text;
}

std::string id_of(const CaseVerdict& verdict) {
  return verdict.family.empty() ? verdict.scenario : verdict.family + "/" + verdict.scenario;
}

std::string escape_markup(std::string_view text, bool lines) {
  std::string out;
  for (const char c : printable(text, lines ? "\n" : ""))
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    case '\'': out += "&#39;"; break;
    default: out += c;
    }
  return out;
}

std::string file_link(std::string_view file) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view plain = "-._~/";
  std::string link;
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (letter || plain.find(c) != std::string_view::npos)
      link += c;
    else
      link += {'%', digits[byte >> 4U], digits[byte & 15U]};
  }
  return link.starts_with("//") ? "/." + link : link; // two would begin the name of a host
}

std::string clock_time(Moment moment) {
  const std::int64_t milliseconds = std::max<std::int64_t>(moment.count() / 1000, 0);
  const auto part = [milliseconds](std::int64_t unit, std::int64_t modulus) {
    return static_cast<long long>(milliseconds / unit % modulus);
  };
  char text[48];
  if (milliseconds < 60'000)
    std::snprintf(text, sizeof text, "%lld.%03llds", part(1000, 60), part(1, 1000));
  else
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld.%03lld", part(3'600'000, INT64_MAX),
                  part(60'000, 60), part(1000, 60), part(1, 1000));
  return text;
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, seconds < 10 ? "%.1fs" : "%.0fs", seconds);
  return text;
}

} // namespace tempfail::report
