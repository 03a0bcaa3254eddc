// JUnit XML as Jenkins, GitLab and GitHub's readers take it: a suite for each family, a case for each
// scenario, as the table of docs/verdicts.md says. An expected failure is a skipped case.
#include "report/parts.hpp"

#include <cstdio>
#include <map>

namespace tempfail::report {
namespace {

std::string decimal(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds);
  return text;
}

struct SuiteTotals {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  double seconds = 0;
};

std::string attributes(const SuiteTotals& totals, bool with_skipped) {
  return " tests=\"" + std::to_string(totals.tests) + "\" failures=\"" +
         std::to_string(totals.failures) + "\" errors=\"" + std::to_string(totals.errors) + "\"" +
         (with_skipped ? " skipped=\"" + std::to_string(totals.skipped) + "\"" : std::string()) +
         " time=\"" + decimal(totals.seconds) + "\"";
}

std::string paragraph(const Finding& finding) {
  const ShownFinding shown(finding);
  std::string text = std::string(level_word(finding.level)) + " " + finding.rule + ": " +
                     finding.requirement + "\nsource: " + cited(finding.source, finding.keyword) +
                     "\n";
  if (!finding.reason.empty()) text += "reason: " + finding.reason + "\n";
  if (!shown.expected.empty()) text += "expected: " + shown.expected + "\n";
  text += "actual: " + shown.actual + "\n";
  if (!shown.near_miss.empty()) text += "difference: " + shown.near_miss + "\n";
  for (const Evidence& item : shown.evidence)
    text += "  " + clock_time(item.time) + "  session " + std::to_string(item.session) + "  " +
            printable(shown_line(item.text)) + "\n";
  if (shown.evidence_left_out != 0) text += "  " + left_out(shown.evidence_left_out) + "\n";
  return text;
}

class JunitReport {
 public:
  JunitReport(const RunReport& report, std::ostream& out) : report_(report), out_(out) {}

  void write() {
    SuiteTotals all;
    std::map<std::string, SuiteTotals> by_family;
    for (const CaseResult& result : report_.cases) {
      count(result, all);
      count(result, by_family[result.verdict.family]);
    }
    out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tempfail\""
         << attributes(all, false) << ">\n";
    for (const auto& [family, totals] : by_family)
      suite(family, totals);
    out_ << "</testsuites>\n";
  }

 private:
  void count(const CaseResult& result, SuiteTotals& totals) const {
    ++totals.tests;
    totals.seconds += result.seconds;
    switch (report_.status(result)) {
    case CaseStatus::error:
    case CaseStatus::undecided: ++totals.errors; break;
    case CaseStatus::fail:
    case CaseStatus::unexpected_pass: ++totals.failures; break;
    case CaseStatus::not_applicable:
    case CaseStatus::not_met:
    case CaseStatus::expected_failure: ++totals.skipped; break;
    case CaseStatus::ok_but:
    case CaseStatus::ok: break;
    }
  }

  void suite(const std::string& family, const SuiteTotals& totals) {
    out_ << "  <testsuite name=\"" << escape_markup(family.empty() ? "tempfail" : family) << "\""
         << attributes(totals, true) << ">\n    <properties>\n";
    property("tempfail.version", report_.version);
    property("tempfail.command", report_.command);
    if (!report_.sender.empty()) property("tempfail.sender", report_.sender);
    if (!report_.sender_version.empty())
      property("tempfail.sender_version", report_.sender_version);
    property("tempfail.seed", std::to_string(report_.seed));
    property("tempfail.time_scale", decimal(report_.time_scale));
    property("tempfail.tls_policy", to_string(report_.tls_policy));
    property("tempfail.role", report_.role());
    if (const std::string text = remark(report_); !text.empty()) property("tempfail.remark", text);
    out_ << "    </properties>\n";
    for (const CaseResult& result : report_.cases)
      if (result.verdict.family == family) test_case(result);
    out_ << "  </testsuite>\n";
  }

  void property(std::string_view name, std::string_view value) {
    out_ << "      <property name=\"" << name << "\" value=\"" << escape_markup(value) << "\"/>\n";
  }

  void test_case(const CaseResult& result) {
    const CaseVerdict& verdict = result.verdict;
    out_ << "    <testcase name=\"" << escape_markup(verdict.scenario) << "\" classname=\"tempfail"
         << (verdict.family.empty() ? "" : "." + escape_markup(verdict.family)) << "\" time=\""
         << decimal(result.seconds) << "\">\n";
    outcome(result);
    std::string output;
    for (const Finding& finding : verdict.findings)
      if (finding.outcome != Outcome::not_applicable)
        output += std::string(to_string(finding.outcome)) + "  " +
                  std::string(level_word(finding.level)) + "  " + headline(finding) + "\n";
    for (const Finding* finding : failures_of(verdict)) // what decides stands in the element above
      if (!decides(*finding, report_.strict)) output += paragraph(*finding);
    if (!result.journal_file.empty()) output += "journal: " + result.journal_file + "\n";
    if (!result.output_file.empty()) output += "output: " + result.output_file + "\n";
    if (!output.empty())
      out_ << "      <system-out>" << escape_markup(output, true) << "</system-out>\n";
    out_ << "    </testcase>\n";
  }

  void outcome(const CaseResult& result) {
    const std::string message = escape_markup(headline(report_, result));
    switch (const CaseStatus status = report_.status(result)) {
    case CaseStatus::error:
      element("error", message, "error", shown_text(result.verdict.run_error));
      break;
    case CaseStatus::undecided:
      element("error", message, "undecided", reasons(result, Outcome::undecided));
      break;
    case CaseStatus::fail:
      element("failure", message, "verdict", reasons(result, Outcome::fail));
      break;
    case CaseStatus::unexpected_pass: element("failure", message, "unexpected-pass", ""); break;
    case CaseStatus::not_applicable:
    case CaseStatus::not_met: skipped(status_word(status), message); break;
    case CaseStatus::expected_failure: skipped("expected failure", message); break;
    case CaseStatus::ok_but:
    case CaseStatus::ok: break;
    }
  }

  /// The findings that decided.
  std::string reasons(const CaseResult& result, Outcome outcome) const {
    std::string text;
    for (const Finding* finding : failures_of(result.verdict))
      if (finding->outcome == outcome && decides(*finding, report_.strict))
        text += paragraph(*finding);
    return text;
  }

  void skipped(std::string_view why, std::string_view escaped_message) {
    out_ << "      <skipped message=\"" << why << ": " << escaped_message << "\"/>\n";
  }

  void element(std::string_view name, std::string_view escaped_message, std::string_view type,
               std::string_view text) {
    out_ << "      <" << name << " message=\"" << escaped_message << "\" type=\"" << type << "\">"
         << escape_markup(text, true) << "</" << name << ">\n";
  }

  const RunReport& report_;
  std::ostream& out_;
};

} // namespace

void write_junit(const RunReport& report, std::ostream& out) {
  JunitReport(report, out).write();
}

} // namespace tempfail::report
