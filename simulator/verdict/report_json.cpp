// The report for programs. The keys are documented in docs/verdicts.md; they are added to, never renamed.
#include "verdict/report_parts.hpp"

#include <nlohmann/json.hpp>

namespace tempfail::verdict {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Finding& finding) {
  Json evidence = Json::array();
  for (const Evidence& item : finding.evidence)
    evidence.push_back({{"time_us", item.time.count()},
                        {"session", item.session},
                        {"text", printable(item.text)}});
  return {{"rule", finding.rule},
          {"level", finding.level == scenario::Level::must ? "must" : "should"},
          {"outcome", to_string(finding.outcome)},
          {"requirement", finding.requirement},
          {"source", finding.source},
          {"keyword", to_string(finding.keyword)},
          {"reason", finding.reason},
          {"expected", printable(finding.expected)},
          {"actual", printable(finding.actual)},
          {"near_miss", printable(finding.near_miss)},
          {"evidence", std::move(evidence)}};
}

Json json_of(const RunReport& report, const CaseResult& result) {
  const CaseVerdict& verdict = result.verdict;
  Json findings = Json::array();
  for (const Finding& finding : verdict.findings)
    findings.push_back(json_of(finding));
  return {{"scenario", printable(verdict.scenario)},
          {"family", printable(verdict.family)},
          {"result", to_string(report.count(result))},
          {"trouble", printable(verdict.trouble)},
          {"seconds", result.seconds},
          {"watched_us", verdict.watched.count()},
          {"journal", printable(result.journal_file)},
          {"output", printable(result.output_file)},
          {"findings", std::move(findings)}};
}

} // namespace

void write_json(const RunReport& report, std::ostream& out) {
  const Totals totals = totals_of(report);
  Json cases = Json::array();
  for (const CaseResult& result : report.cases)
    cases.push_back(json_of(report, result));
  const Json whole = {{"format", "tempfail-report"},
                      {"format_version", 1},
                      {"version", printable(report.version)},
                      {"command", printable(report.command)},
                      {"seed", report.seed},
                      {"time_scale", report.time_scale},
                      {"strict", report.strict},
                      {"tls_policy", to_string(report.tls_policy)},
                      {"passed", report.passed()},
                      {"totals",
                       {{"cases", totals.all()},
                        {"passed", totals.passed},
                        {"failed", totals.failed},
                        {"expected_failures", totals.expected_failures},
                        {"unexpected_passes", totals.unexpected_passes},
                        {"seconds", totals.seconds}}},
                      {"cases", std::move(cases)}};
  out << whole.dump(2) << '\n';
}

} // namespace tempfail::verdict
