// Finds what changed. A case gets worse when it counts against the run and did not, or when one more rule is broken.
#include "report/compare.hpp"

#include "report/parts.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

namespace tempfail::report {
namespace {

/// Whether a case with this count fails the run, or leaves it open.
bool is_bad(CaseStatus status) {
  return status == CaseStatus::error || status == CaseStatus::fail ||
         status == CaseStatus::undecided || status == CaseStatus::unexpected_pass;
}

bool is_well(CaseStatus status) {
  return status == CaseStatus::ok || status == CaseStatus::ok_but ||
         status == CaseStatus::expected_failure;
}

/// A rule may have several findings in a case, for different recipients: it is broken when one of them is.
using Rules = std::map<std::string, const Finding*>;

Rules broken_rules(const CaseResult& result) {
  Rules rules;
  for (const Finding& finding : result.verdict.findings)
    if (finding.outcome == Outcome::fail) rules.emplace(finding.rule, &finding);
  return rules;
}

bool keeps(const CaseResult& result, const std::string& rule) {
  bool any = false;
  for (const Finding& finding : result.verdict.findings) {
    if (finding.rule != rule) continue;
    if (finding.outcome != Outcome::pass) return false;
    any = true;
  }
  return any;
}

/// Compares cases of two reports.
class Comparer {
 public:
  Comparer(const RunReport& old_report, const RunReport& new_report, bool strict)
      : old_(old_report), new_(new_report), strict_(strict) {}

  CaseChange compare(const CaseResult& before, const CaseResult& after) const {
    CaseChange change;
    change.old_case = &before;
    change.new_case = &after;
    const Rules was = broken_rules(before);
    const Rules is = broken_rules(after);
    for (const auto& [rule, finding] : is)
      if (!was.contains(rule)) change.broken.push_back({rule, decides(*finding, new_.strict)});
    for (const auto& [rule, finding] : was)
      if (!is.contains(rule) && keeps(after, rule))
        change.mended.push_back({rule, decides(*finding, old_.strict)});
    change.change = kind(change);
    return change;
  }

 private:
  Change kind(const CaseChange& change) const {
    const CaseStatus was = old_.status(*change.old_case);
    const CaseStatus is = new_.status(*change.new_case);
    if (is_bad(is) && !is_bad(was)) return Change::worse;
    if (is_well(is) && is_bad(was)) return Change::better;
    const auto counts = [this](const ChangedRule& rule) { return rule.decides || strict_; };
    const bool more_broken = std::any_of(change.broken.begin(), change.broken.end(), counts);
    // Of a case that could not be run nothing is known, so that nothing in it can be newly broken.
    const bool comparable = is_bad(is) == is_bad(was) && was != CaseStatus::error;
    if (more_broken && comparable && is != CaseStatus::expected_failure) return Change::worse;
    if (!change.mended.empty() && change.broken.empty() && was != CaseStatus::error && is == was)
      return Change::better;
    if (was == CaseStatus::ok_but && is == CaseStatus::ok) return Change::better;
    if (was == is && change.broken.empty() && change.mended.empty()) return Change::none;
    return Change::other;
  }

  const RunReport& old_;
  const RunReport& new_;
  bool strict_;
};

template <typename Value>
void note(std::vector<std::string>& unlike, const std::string& what, const Value& before,
          const Value& after) {
  if (before == after) return;
  const auto text = [](const Value& value) {
    std::ostringstream out;
    out << value;
    return out.str().empty() ? std::string("none") : printable(shown_text(out.str()));
  };
  unlike.push_back(what + " " + text(before) + ", now " + text(after));
}

/// What differs in what the two runs were told: a change of an answer may come from that.
std::vector<std::string> unlike(const RunReport& before, const RunReport& after) {
  const auto yes_no = [](bool value) { return std::string(value ? "yes" : "no"); };
  std::vector<std::string> notes;
  note(notes, "tempfail", before.version, after.version);
  note(notes, "sender", before.sender, after.sender);
  note(notes, "sender's version", before.sender_version, after.sender_version);
  note(notes, "command", before.command, after.command);
  note(notes, "time scale", before.time_scale, after.time_scale);
  note(notes, "seed", before.seed, after.seed);
  note(notes, "strict", yes_no(before.strict), yes_no(after.strict));
  note(notes, "TLS policy", to_string(before.tls_policy), to_string(after.tls_policy));
  note(notes, "role", before.role(), after.role());
  return notes;
}

} // namespace

std::string_view to_string(Change change) {
  constexpr std::array<std::string_view, 6> names = {"worse", "better", "changed",
                                                     "new",   "gone",   "same"};
  return names[static_cast<std::size_t>(change)];
}

std::size_t Comparison::count(Change change) const {
  return static_cast<std::size_t>(std::count_if(
      cases.begin(), cases.end(), [change](const auto& one) { return one.change == change; }));
}

Comparison compare(const RunReport& old_report, const RunReport& new_report, bool strict) {
  Comparison comparison;
  comparison.old_report = &old_report;
  comparison.new_report = &new_report;
  comparison.setting_differences = unlike(old_report, new_report);
  std::map<std::string, const CaseResult*> before;
  for (const CaseResult& result : old_report.cases)
    before.emplace(result.verdict.scenario, &result);
  const Comparer comparer(old_report, new_report, strict);
  for (const CaseResult& result : new_report.cases) {
    const auto found = before.find(result.verdict.scenario);
    if (found == before.end()) {
      CaseChange added;
      added.change = Change::added;
      added.new_case = &result;
      comparison.cases.push_back(std::move(added));
      continue;
    }
    comparison.cases.push_back(comparer.compare(*found->second, result));
    before.erase(found);
  }
  for (const CaseResult& result : old_report.cases) {
    if (!before.contains(result.verdict.scenario)) continue;
    CaseChange gone;
    gone.change = Change::gone;
    gone.old_case = &result;
    comparison.cases.push_back(std::move(gone));
  }
  return comparison;
}

} // namespace tempfail::report
