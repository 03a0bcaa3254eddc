// The report for a browser: one file that needs nothing else, light or dark as the reader likes it, and readable
// without its script.
#include "report/html.hpp"

#include "report/assets.hpp"
#include "verdict/wording.hpp"

#include <algorithm>

namespace tempfail::report {
namespace {

/// Above so many cases that want to be looked at, all are folded: the list is what shows them.
constexpr std::size_t few_cases = 2;

/// What each answer means.
struct Meaning {
  CaseStatus status;
  std::string_view text;
};
constexpr std::array<Meaning, case_status_count> meanings = {{
    {CaseStatus::error, "tempfail could not run the case"},
    {CaseStatus::fail, "a MUST is broken (with --strict: or a SHOULD)"},
    {CaseStatus::unexpected_pass, "ok, although --expected-failures lists it"},
    {CaseStatus::undecided, "nothing is broken, but an expectation is still open"},
    {CaseStatus::ok_but, "ok, but a SHOULD is broken"},
    {CaseStatus::not_met, "the failure had no effect on this sender"},
    {CaseStatus::expected_failure, "listed in --expected-failures"},
    {CaseStatus::not_applicable, "declared by the user or the sender"},
    {CaseStatus::ok, "the failure took effect, and every rule was kept"},
}};

/// What people look at first comes first.
std::size_t rank_of(CaseStatus status) {
  const auto* found = std::find_if(meanings.begin(), meanings.end(),
                                   [status](const Meaning& one) { return one.status == status; });
  return static_cast<std::size_t>(found - meanings.begin());
}

std::string_view class_of(RunResult result) {
  switch (result) {
  case RunResult::error: return to_string(CaseStatus::error);
  case RunResult::failed: return to_string(CaseStatus::fail);
  case RunResult::undecided: return to_string(CaseStatus::undecided);
  case RunResult::ok: break;
  }
  return to_string(CaseStatus::ok);
}

void write_head(const RunReport& report, const Totals& totals, std::ostream& out) {
  out << "<h1 class=\"" << class_of(report.result()) << "\">" << escape_markup(summary(totals))
      << "</h1>\n<p class=\"run\">";
  if (!report.date.empty()) out << escape_markup(report.date) << " · ";
  out << "tempfail " << escape_markup(report.version) << " · seed " << report.seed
      << " · time scale " << report.time_scale;
  if (report.time_scale >= 60 && report.time_scale <= 1e9)
    out << " (a second stands for "
        << verdict::in_words(tempfail::Duration(static_cast<std::int64_t>(report.time_scale * 1e6)))
        << ")";
  out << (report.strict ? " · strict" : "");
  if (report.shard.number != 0)
    out << " · part " << report.shard.number << " of " << report.shard.total;
  out << (report.sender_summary().empty() ? "" : " · " + escape_markup(report.sender_summary()));
  if (const std::string text = remark(report); !text.empty()) out << "<br>" << escape_markup(text);
  out << "</p>\n";
  write_command_html(report.invocation.empty() ? report.command : report.invocation, out);
}

void write_totals(const Totals& totals, std::ostream& out) {
  out << "<div class=\"bar\" aria-hidden=\"true\">";
  for (const auto& [count, meaning] : meanings)
    if (totals.of(count) != 0)
      out << "<i class=\"" << to_string(count) << "\" style=\"flex:" << totals.of(count)
          << "\"></i>";
  out << "</div>\n<div class=\"chips\">";
  for (const auto& [count, meaning] : meanings)
    if (totals.of(count) != 0)
      out << "<button type=\"button\" class=\"" << to_string(count) << "\" value=\""
          << to_string(count) << "\" aria-pressed=\"true\" title=\"" << escape_markup(meaning)
          << "\"><b>" << totals.of(count) << "</b> " << status_word(count) << "</button>";
  out << "</div>\n<div class=\"tools needs-script\" hidden><input id=\"search\" type=\"search\" "
         "placeholder=\"Search: a scenario, a rule, a word\" aria-label=\"Search\"><select "
         "id=\"group\" "
         "aria-label=\"Order\"><option value=\"order\">failures first</option>"
         "<option value=\"family\">by family</option><option value=\"rule\">by "
         "rule</option></select></div>\n";
}

} // namespace

void write_command_html(std::string_view command, std::ostream& out) {
  out << "<div class=\"command\"><code>" << escape_markup(command)
      << "</code><button type=\"button\" class=\"copy needs-script\" hidden>copy</button></div>\n";
}

void write_html(const RunReport& report, std::ostream& out) {
  const Totals totals = totals_of(report);
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, "
         "initial-scale=1\">\n<title>tempfail: "
      << escape_markup(summary(totals)) << "</title>\n<style>" << page_style
      << "</style>\n</head>\n<body>\n";
  write_head(report, totals, out);
  write_totals(totals, out);
  out << "<div class=\"columns\"><span>result</span><span>scenario, and what happened</span><span "
         "class=\"number\">tries</span><span class=\"number\">delivered</span><span "
         "class=\"number\">time</span></div>\n<div id=\"cases\">\n";
  std::vector<const CaseResult*> ordered;
  for (const CaseResult& result : report.cases)
    ordered.push_back(&result);
  std::stable_sort(ordered.begin(), ordered.end(), [&](const CaseResult* a, const CaseResult* b) {
    return rank_of(report.status(*a)) < rank_of(report.status(*b));
  });
  const std::size_t attention = totals.of(CaseStatus::error) + totals.of(CaseStatus::fail) +
                                totals.of(CaseStatus::unexpected_pass) +
                                totals.of(CaseStatus::undecided);
  for (const CaseResult* result : ordered) {
    const CaseStatus status = report.status(*result);
    const bool wants_attention = rank_of(status) <= rank_of(CaseStatus::undecided);
    write_case_html(report, *result,
                    {wants_attention && attention <= few_cases, shows_dialogue(report, *result)},
                    out);
  }
  out << "</div>\n<p id=\"none\" class=\"soft\" hidden>No case matches.</p>\n<script>"
      << page_script << "</script>\n</body>\n</html>\n";
}

} // namespace tempfail::report
