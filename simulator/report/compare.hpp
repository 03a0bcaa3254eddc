// Two reports side by side: which cases changed their answer, and which rules were newly broken or mended.
#pragma once

#include "report/report.hpp"

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::report {

/// What became of a scenario from the old report to the new one.
enum class Change : std::uint8_t {
  worse,  ///< it counts against the run now and did not, or another rule is broken
  better, ///< it counted against the run and is ok, or a rule was mended and none is newly broken
  other,  ///< another answer or other broken rules, and neither of the two above
  added,  ///< only the new report has it
  gone,   ///< only the old report has it
  none,   ///< as before
};
std::string_view to_string(Change change); ///< "worse", "better", "changed", "new", "gone", "same"

/// A rule that is broken or was.
struct ChangedRule {
  std::string rule;
  bool decides = false; ///< of the case's answer; else it is a SHOULD that was not kept
};

struct CaseChange {
  Change change = Change::none;
  const CaseResult* old_case = nullptr; ///< null: added
  const CaseResult* new_case = nullptr; ///< null: gone
  std::vector<ChangedRule> broken;      ///< newly: they were not broken before
  std::vector<ChangedRule>
      mended; ///< kept now; a rule of which nothing is seen any more is not mended

  const CaseResult& either() const { return new_case != nullptr ? *new_case : *old_case; }
};

/// Refers to both reports, which must outlive it.
struct Comparison {
  const RunReport* old_report = nullptr;
  const RunReport* new_report = nullptr;
  std::vector<CaseChange> cases; ///< in the order of the new report, then those that are gone
  std::vector<std::string>
      setting_differences; ///< how the runs differ in what they were told: "time scale 60, now 3600"

  std::size_t count(Change change) const;
  bool got_worse() const { return count(Change::worse) != 0; }
};

/// With `strict`, a SHOULD that is newly broken is worse, too.
Comparison compare(const RunReport& old_report, const RunReport& new_report, bool strict);

void write_text(const Comparison& comparison, const TextStyle& style, std::ostream& out);
void write_json(const Comparison& comparison, std::ostream& out);
void write_markdown(const Comparison& comparison, std::ostream& out);

} // namespace tempfail::report
