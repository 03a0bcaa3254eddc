// The report for a browser: one file that needs nothing else, light or dark as the reader likes it.
#include "verdict/report_parts.hpp"

namespace tempfail::verdict {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --text: #1c2128; --soft: #57606a; --back: #fff; --card: #f6f8fa;
  --line: #d0d7de; --good: #1a7f37; --bad: #cf222e; --warn: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9198a1; --back: #0d1117;
  --card: #161b22; --line: #30363d; --good: #3fb950; --bad: #f85149; --warn: #d29922; } }
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
.mark { font-weight: 700; min-width: 3.5rem; }
.passed { color: var(--good); } .failed, .unexpected-pass { color: var(--bad); }
.expected-failure, .advice { color: var(--warn); }
.back-passed { background: var(--good); } .back-failed { background: var(--bad); }
.back-expected { background: var(--warn); }
.case { border-top: 1px solid var(--line); padding: .5rem .75rem 1rem; background: var(--back);
  border-radius: 0 0 .5rem .5rem; }
.finding { margin: .75rem 0; padding-left: .75rem; border-left: 3px solid var(--line); }
.finding.failed { border-color: var(--bad); color: inherit; } .finding.advice { border-color: var(--warn);
  color: inherit; }
.finding.passed { border-color: var(--good); color: inherit; }
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
  void head(const Totals& totals) {
    out_ << "<h1 class=\"" << (report_.passed() ? "passed" : "failed") << "\">"
         << escape_markup(summary(totals)) << "</h1>\n<div class=\"bar\">";
    bar("passed", totals.passed);
    bar("expected", totals.expected_failures);
    bar("failed", totals.failed + totals.unexpected_passes);
    out_ << "</div>\n<p class=\"run\">tempfail " << escape_markup(report_.version) << " · seed "
         << report_.seed << " · time scale " << report_.time_scale
         << (report_.strict ? " · strict" : "")
         << (report_.told().empty() ? "" : " · " + report_.told()) << "<br><code>"
         << escape_markup(report_.command) << "</code></p>\n";
  }
  void bar(std::string_view kind, std::size_t count) {
    if (count != 0) out_ << "<i class=\"back-" << kind << "\" style=\"flex:" << count << "\"></i>";
  }

  void test_case(const CaseResult& result) {
    const CaseVerdict& verdict = result.verdict;
    const Count how = report_.count(result);
    const bool open = how == Count::failed || how == Count::unexpected_pass;
    const std::string id =
        verdict.family.empty() ? verdict.scenario : verdict.family + "/" + verdict.scenario;
    out_ << "<details" << (open ? " open" : "") << " id=\"" << escape_markup(id) << "\"><summary>"
         << "<span class=\"mark " << to_string(how) << "\">" << mark(how)
         << "</span><span class=\"id\">" << escape_markup(id) << "</span><span class=\"why\">"
         << escape_markup(headline(report_, result)) << "</span><span class=\"time\">"
         << seconds_text(result.seconds) << "</span></summary>\n<div class=\"case\">\n";
    if (!verdict.trouble.empty())
      out_ << "<p class=\"failed\">" << escape_markup(verdict.trouble) << "</p>\n";
    for (const Finding* failed : failures_of(verdict))
      finding(*failed);
    for (const Finding& passed : verdict.findings)
      if (passed.outcome == Outcome::pass) finding(passed);
    link("journal", result.journal_file);
    link("the sender's output", result.output_file);
    out_ << "</div></details>\n";
  }
  static std::string_view mark(Count how) {
    switch (how) {
    case Count::passed: return "ok";
    case Count::failed: return "FAIL";
    case Count::expected_failure: return "xfail";
    case Count::unexpected_pass: return "XPASS";
    }
    return {};
  }
  void link(std::string_view name, const std::string& file) {
    if (file.empty()) return;
    out_ << "<a href=\"" << escape_markup(file) << "\">" << name << "</a> ";
  }

  void finding(const Finding& finding) {
    const bool failed = finding.outcome == Outcome::fail;
    const std::string_view kind = !failed                            ? "passed"
                                  : decides(finding, report_.strict) ? "failed"
                                                                     : "advice";
    out_ << "<section class=\"finding " << kind << "\"><h3>" << escape_markup(finding.rule)
         << " <small>" << level_word(finding.level) << "</small></h3>"
         << escape_markup(finding.requirement) << "\n<dl>";
    row("source", cited(finding.source, finding.keyword));
    row("reason", finding.reason);
    row("expected", finding.expected);
    row(failed ? "actual" : "seen", finding.actual);
    row("near miss", finding.near_miss, "near");
    out_ << "</dl>\n";
    if (!finding.evidence.empty()) {
      out_ << "<ul class=\"evidence\">";
      for (const Evidence& item : finding.evidence)
        out_ << "<li><b>" << clock_time(item.time) << "  session " << item.session << "</b>  "
             << escape_markup(item.text) << "</li>";
      out_ << "</ul>\n";
    }
    out_ << "</section>\n";
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
