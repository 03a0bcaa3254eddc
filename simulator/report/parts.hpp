// What the kinds of report share: words, totals, and texts made fit to print.
#pragma once

#include "base/printable.hpp"
#include "report/limits.hpp"
#include "report/report.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::report {

using namespace verdict; // what is reported

std::string_view to_string(verdict::Outcome outcome); ///< "pass", "fail", "not-applicable"

/// Who says a line of a dialogue, as reports for programs name it: by journal::Speaker.
inline constexpr std::array<std::string_view, 3> speaker_names = {"client", "server", "note"};

/// What a step of the way to the hosts is, as reports for programs name it: by verdict::StepKind.
inline constexpr std::array<std::string_view, 3> step_names = {"query", "connection", "port"};

/// How many cases came out how.
struct Totals {
  std::array<std::size_t, case_status_count> counts{};
  double seconds = 0;

  std::size_t of(CaseStatus status) const { return counts[static_cast<std::size_t>(status)]; }
  std::size_t all() const;
};
Totals totals_of(const RunReport& report);
/// The counts in the order in which totals name them: what is well first.
inline constexpr std::array<CaseStatus, case_status_count> order_of_totals = {
    CaseStatus::ok,        CaseStatus::ok_but,           CaseStatus::fail,
    CaseStatus::undecided, CaseStatus::not_met,          CaseStatus::not_applicable,
    CaseStatus::error,     CaseStatus::expected_failure, CaseStatus::unexpected_pass};

/// "12 cases: 9 ok, 2 FAIL, 1 expected failure"; only what there is.
std::string summary(const Totals& totals);
/// What a run says besides its totals ("nothing was judged: …"); empty: nothing.
std::string remark(const RunReport& report);

/// Findings that failed: first those that decide, then, where SHOULD does not decide, the rest; then what is open.
std::vector<const Finding*> failures_of(const CaseVerdict& verdict);
/// Whether a failed or open finding decides the case.
bool decides(const Finding& finding, bool strict);

/// One line for a case: why it failed, or what was seen.
std::string headline(const RunReport& report, const CaseResult& result);
/// One line for a finding: "first-retry: after 12s (29m48s too early)".
std::string headline(const Finding& finding);

/// "disk/disk-full"; the name alone where there is no family.
std::string id_of(const CaseVerdict& verdict);
/// The first finding that is the reason of the case's answer; null: none is.
const Finding* first_reason(const RunReport& report, const CaseVerdict& verdict);
/// The line of a case for people who know no SMTP, where something is broken; else its headline.
std::string plain_cause(const RunReport& report, const CaseResult& result);

using base::printable;

/// Where a step of the way to the hosts went: "name server", "mx1.a.test".
std::string route_step_target(const verdict::RouteStep& step);
/// "3 queries, 2 connections"; the steps that are shown.
std::string route_counts(const std::vector<verdict::RouteStep>& route);

/// Whether what was said on a case's connections belongs into the report: in one of many cases, those that are ok go
/// without, for the report stays small so, and their journals have it.
bool shows_dialogue(const RunReport& report, const CaseResult& result);

/// Printable, with the five characters that XML and HTML reserve escaped.
std::string escape_markup(std::string_view text, bool lines = false);

/// Fit for a cell of a Markdown table: one line, and nothing that Markdown or HTML would take for its own.
std::string markdown_cell(std::string_view text);

/// The name of a file as the target of a link: nothing in it is taken for a scheme, a query or a fragment.
std::string file_link(std::string_view file);

/// "0.412s" of protocol time for evidence, as h:mm:ss.mmm beyond a minute.
std::string clock_time(Moment moment);
/// "2.1s".
std::string seconds_text(double seconds);

} // namespace tempfail::report
