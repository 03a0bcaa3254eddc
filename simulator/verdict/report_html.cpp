// The report for a browser: one file that needs nothing else, light or dark as the reader likes it.
#include "verdict/report_parts.hpp"

namespace tempfail::verdict {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --text: #1c2128; --soft: #57606a; --back: #fff; --card: #f6f8fa;
  --line: #d0d7de; --good: #1a7f37; --bad: #cf222e; --warn: #9a6700;
  --blue: #0969da; --odd: #8250df; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9198a1; --back: #0d1117;
  --card: #161b22; --line: #30363d; --good: #3fb950; --bad: #f85149; --warn: #d29922;
  --blue: #58a6ff; --odd: #d2a8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 2rem 1rem; color: var(--text); background: var(--back);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
.run { color: var(--soft); margin: .25rem 0 1.5rem; overflow-wrap: anywhere; }
.bar { display: flex; height: .5rem; border-radius: .25rem; overflow: hidden; margin: 1rem 0 .5rem;
  gap: 2px; }
.bar i { display: block; }
code, .evidence { font: .875em/1.5 ui-monospace, monospace; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; background: var(--card); }
summary { display: flex; gap: .75rem; align-items: baseline; padding: .5rem .75rem; cursor: pointer; }
summary::-webkit-details-marker { display: none; }
summary .id { font-weight: 600; white-space: nowrap; }
summary .why { color: var(--soft); flex: 1; overflow: hidden; text-overflow: ellipsis; }
summary .time { color: var(--soft); font-variant-numeric: tabular-nums; }
.mark { font-weight: 700; min-width: 6.5rem; white-space: nowrap; }
.ok, .ok-but { color: var(--good); } .fail, .unexpected-pass { color: var(--bad); }
.undecided { color: var(--warn); } .not-met { color: var(--blue); } .error { color: var(--odd); }
.not-applicable, .expected-failure { color: var(--soft); }
.bar i, .legend i { background: currentColor; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1.25rem; padding: 0; margin: .5rem 0; list-style: none; }
.legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 2px; margin-right: .35rem; }
.legend span { color: var(--text); }
.case { border-top: 1px solid var(--line); padding: .5rem .75rem 1rem; background: var(--back);
  border-radius: 0 0 .5rem .5rem; }
.finding { margin: .75rem 0; padding-left: .75rem; border-left: 3px solid var(--line); }
.finding.fail { border-color: var(--bad); } .finding.ok { border-color: var(--good); }
.finding.ok-but, .finding.undecided { border-color: var(--warn); }
.finding.ok, .finding.ok-but, .finding.fail, .finding.undecided { color: inherit; }
.finding h3 { font-size: 1rem; margin: 0; }
.finding dl { display: grid; grid-template-columns: 6rem 1fr; gap: 0 .75rem; margin: .25rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.near { font-weight: 700; }
.evidence { overflow-x: auto; margin: .25rem 0 0; padding: 0; list-style: none; }
.evidence li { white-space: pre; } .evidence b { font-weight: 400; color: var(--soft); }
)";

class HtmlReport {
 public:
  HtmlReport(const RunReport& report, std::ostream& out) : report_(report), out_(out) {}

  void write() {
    const Totals totals = totals_of(report_);
    out_ << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<title>tempfail: "
         << escape_markup(summary(totals)) << "</title>\n<style>" << style
         << "</style>\n</head>\n<body>\n";
    head(totals);
    for (const CaseResult& result : report_.cases)
      test_case(result);
    out_ << "</body>\n</html>\n";
  }

 private:
  /// What each answer means.
  struct Meaning {
    Count count;
    std::string_view text;
  };
  static constexpr std::array<Meaning, count_kinds> meanings = {{
      {Count::ok, "met, and kept"},
      {Count::ok_but, "a SHOULD is broken"},
      {Count::fail, "what was seen breaks a MUST (with --strict: a SHOULD)"},
      {Count::undecided, "nothing is broken, and an expectation is open"},
      {Count::not_met, "the failure took no effect on this sender"},
      {Count::not_applicable, "declared by the user or the sender"},
      {Count::error, "tempfail could not run the case"},
      {Count::expected_failure, "as --expected-failures says"},
      {Count::unexpected_pass, "ok, although --expected-failures names it"},
  }};

  static std::string_view class_of(RunResult result) {
    switch (result) {
    case RunResult::error: return to_string(Count::error);
    case RunResult::failed: return to_string(Count::fail);
    case RunResult::undecided: return to_string(Count::undecided);
    case RunResult::ok: break;
    }
    return to_string(Count::ok);
  }

  void head(const Totals& totals) {
    out_ << "<h1 class=\"" << class_of(report_.result()) << "\">" << escape_markup(summary(totals))
         << "</h1>\n<div class=\"bar\">";
    for (const Count count : order_of_totals)
      if (totals.of(count) != 0)
        out_ << "<i class=\"" << to_string(count) << "\" style=\"flex:" << totals.of(count)
             << "\"></i>";
    out_ << "</div>\n<ul class=\"legend\">";
    for (const auto& [count, meaning] : meanings)
      out_ << "<li class=\"" << to_string(count) << "\"><i></i><b>" << totals.of(count) << " "
           << word_of(count) << "</b> <span>" << meaning << "</span></li>";
    out_ << "</ul>\n<p class=\"run\">";
    if (const std::string text = remark(report_); !text.empty())
      out_ << escape_markup(text) << "<br>";
    out_ << "tempfail " << escape_markup(report_.version) << " · seed " << report_.seed
         << " · time scale " << report_.time_scale << (report_.strict ? " · strict" : "")
         << (report_.told().empty() ? "" : " · " + escape_markup(report_.told())) << "<br><code>"
         << escape_markup(report_.command) << "</code></p>\n";
  }

  /// Whether people want to see the details of a case without asking.
  static bool is_open(Count count) {
    return count == Count::error || count == Count::fail || count == Count::undecided ||
           count == Count::unexpected_pass;
  }

  void test_case(const CaseResult& result) {
    const CaseVerdict& verdict = result.verdict;
    const Count count = report_.count(result);
    const std::string id =
        verdict.family.empty() ? verdict.scenario : verdict.family + "/" + verdict.scenario;
    out_ << "<details" << (is_open(count) ? " open" : "") << " id=\"" << escape_markup(id)
         << "\"><summary>"
         << "<span class=\"mark " << to_string(count) << "\">" << word_of(count)
         << "</span><span class=\"id\">" << escape_markup(id) << "</span><span class=\"why\">"
         << escape_markup(headline(report_, result)) << "</span><span class=\"time\">"
         << seconds_text(result.seconds) << "</span></summary>\n<div class=\"case\">\n";
    paragraph(Count::error, verdict.trouble);
    paragraph(Count::not_applicable, verdict.not_applicable);
    if (!verdict.met) paragraph(Count::not_met, verdict.not_met);
    for (const Finding* failed : failures_of(verdict))
      finding(*failed);
    for (const Finding& passed : verdict.findings)
      if (passed.outcome == Outcome::pass) finding(passed);
    link("journal", result.journal_file);
    link("the sender's output", result.output_file);
    out_ << "</div></details>\n";
  }
  void paragraph(Count count, std::string_view text) {
    if (!text.empty())
      out_ << "<p class=\"" << to_string(count) << "\">" << escape_markup(shown_text(text))
           << "</p>\n";
  }
  void link(std::string_view name, const std::string& file) {
    if (file.empty()) return;
    out_ << "<a href=\"" << escape_markup(file) << "\">" << name << "</a> ";
  }

  /// A finding is coloured as the answer that it leads to.
  Count count_of(const Finding& finding) const {
    if (finding.outcome == Outcome::undecided) return Count::undecided;
    if (finding.outcome != Outcome::fail) return Count::ok;
    return decides(finding, report_.strict) ? Count::fail : Count::ok_but;
  }

  void finding(const Finding& finding) {
    const Shown shown(finding);
    out_ << "<section class=\"finding " << to_string(count_of(finding)) << "\"><h3>"
         << escape_markup(finding.rule) << " <small>" << level_word(finding.level)
         << "</small></h3>" << escape_markup(finding.requirement) << "\n<dl>";
    row("source", cited(finding.source, finding.keyword));
    row("reason", finding.reason);
    row("expected", shown.expected);
    row(finding.outcome == Outcome::fail ? "actual" : "seen", shown.actual);
    row("near miss", shown.near_miss, "near");
    out_ << "</dl>\n";
    evidence(shown);
    out_ << "</section>\n";
  }
  void evidence(const Shown& shown) {
    if (shown.evidence.empty()) return;
    out_ << "<ul class=\"evidence\">";
    for (const Evidence& item : shown.evidence)
      out_ << "<li><b>" << clock_time(item.time) << "  session " << item.session << "</b>  "
           << escape_markup(shown_line(item.text)) << "</li>";
    if (shown.evidence_left_out != 0)
      out_ << "<li>" << left_out(shown.evidence_left_out) << "</li>";
    out_ << "</ul>\n";
  }
  void row(std::string_view name, std::string_view value, std::string_view css_class = {}) {
    if (value.empty()) return;
    out_ << "<dt>" << name << "</dt><dd";
    if (!css_class.empty()) out_ << " class=\"" << css_class << "\"";
    out_ << ">" << escape_markup(value) << "</dd>";
  }

  const RunReport& report_;
  std::ostream& out_;
};

} // namespace

void write_html(const RunReport& report, std::ostream& out) {
  HtmlReport(report, out).write();
}

} // namespace tempfail::verdict
