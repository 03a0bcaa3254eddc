// The report for programs. The keys are documented in docs/verdicts.md; they are added to, never renamed.
#include "report/parts.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace tempfail::report {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Finding& finding) {
  const ShownFinding shown(finding);
  Json evidence = Json::array();
  for (const Evidence& item : shown.evidence)
    evidence.push_back({{"time_us", item.time.count()},
                        {"session", item.session},
                        {"text", printable(shown_line(item.text))}});
  return {{"rule", finding.rule},
          {"level", finding.level == scenario::Level::must ? "must" : "should"},
          {"outcome", to_string(finding.outcome)},
          {"requirement", finding.requirement},
          {"source", finding.source},
          {"keyword", to_string(finding.keyword)},
          {"reason", finding.reason},
          {"recipients", printable(finding.recipients)},
          {"expected", printable(shown.expected)},
          {"actual", printable(shown.actual)},
          {"near_miss", printable(shown.near_miss)},
          {"evidence", std::move(evidence)},
          {"evidence_left_out", shown.evidence_left_out}};
}

Json json_of(const verdict::DeliveryTimeline& timeline) {
  Json tries = Json::array();
  for (const verdict::SummaryTry& attempt : timeline.tries)
    tries.push_back({{"begin_us", attempt.begin.count()},
                     {"end_us", attempt.end.count()},
                     {"session", attempt.session},
                     {"result", attempt.result},
                     {"said", printable(shown_line(attempt.said))},
                     {"host", printable(attempt.host)}});
  Json next = nullptr;
  if (timeline.next) {
    next = {{"from_us", timeline.next->from.count()}, {"to_us", nullptr}};
    if (timeline.next->to) next["to_us"] = timeline.next->to->count();
  }
  return {{"recipient", printable(timeline.recipient)},
          {"message", timeline.message},
          {"delivered", timeline.delivered},
          {"next", std::move(next)},
          {"tries", std::move(tries)},
          {"tries_left_out", timeline.left_out}};
}

Json json_of(const verdict::ConnectionDialogue& connection) {
  Json lines = Json::array();
  for (const journal::DialogueLine& line : connection.lines)
    lines.push_back({{"time_us", line.time.count()},
                     {"by", speaker_names[static_cast<std::size_t>(line.by)]},
                     {"text", printable(line.text)}});
  return {{"session", connection.session},
          {"host", printable(connection.host)},
          {"client", printable(connection.client)},
          {"lines", std::move(lines)},
          {"lines_left_out", connection.left_out}};
}

Json json_of(const verdict::RouteStep& step) {
  return {{"time_us", step.time.count()},
          {"kind", step_names[static_cast<std::size_t>(step.kind)]},
          {"session", step.session},
          {"host", printable(step.host)},
          {"text", printable(step.text)}};
}

Json json_of(const ExpectedAnswer& line) {
  return {{"rule", printable(line.rule)},
          {"answer", to_string(line.answer)},
          {"reason", printable(line.reason)}};
}

/// Nothing where there is none.
Json json_of(const Shard& shard) {
  if (shard.number == 0) return nullptr;
  return {{"number", shard.number}, {"of", shard.total}};
}

Json json_of(const RunReport& report, const CaseResult& result) {
  const CaseVerdict& verdict = result.verdict;
  Json findings = Json::array();
  for (const Finding& finding : verdict.findings)
    findings.push_back(json_of(finding));
  Json timelines = Json::array();
  for (const verdict::DeliveryTimeline& timeline : verdict.summary.timelines)
    timelines.push_back(json_of(timeline));
  Json mail = Json::array();
  for (const std::string& file : result.mail_files)
    mail.push_back(printable(file));
  Json expected = Json::array();
  for (const ExpectedAnswer& line : result.expected)
    expected.push_back(json_of(line));
  Json dialogues = Json::array();
  if (shows_dialogue(report, result))
    for (const verdict::ConnectionDialogue& connection : verdict.summary.dialogues)
      dialogues.push_back(json_of(connection));
  Json route = Json::array();
  for (const verdict::RouteStep& step : verdict.summary.route)
    route.push_back(json_of(step));
  return {{"scenario", printable(verdict.scenario)},
          {"family", printable(verdict.family)},
          {"answer", to_string(verdict.answer(report.strict))},
          {"result", to_string(report.status(result))},
          {"why", printable(headline(report, result))},
          {"trouble", printable(shown_text(verdict.run_error))},
          {"not_applicable", printable(shown_text(verdict.not_applicable))},
          {"met", verdict.met},
          {"not_met", printable(shown_text(verdict.not_met))},
          {"expected", std::move(expected)},
          {"guessed", verdict.guessed},
          {"role", verdict.role},
          {"role_is_declared", verdict.role_is_declared},
          {"seconds", result.seconds},
          {"watched_us", verdict.watched.count()},
          {"journal", printable(result.journal_file)},
          {"output", printable(result.output_file)},
          {"mail", std::move(mail)},
          {"server", printable(shown_text(verdict.summary.server))},
          {"description", printable(shown_text(verdict.summary.description))},
          {"tries", verdict.summary.tries},
          {"deliveries", verdict.summary.deliveries},
          {"delivered", verdict.summary.delivered},
          {"tracks", std::move(timelines)},
          {"tracks_left_out", verdict.summary.timelines_left_out},
          {"route", std::move(route)},
          {"route_left_out", verdict.summary.route_left_out},
          {"connections", std::move(dialogues)},
          {"connections_left_out", verdict.summary.dialogues_left_out},
          {"findings", std::move(findings)}};
}

/// Every count, those that are 0 too: "ok", "ok_but", "expected_failures".
Json json_of(const Totals& totals) {
  Json json = {{"cases", totals.all()}};
  for (const CaseStatus status : order_of_totals) {
    std::string key(to_string(status));
    std::replace(key.begin(), key.end(), '-', '_');
    if (status == CaseStatus::expected_failure) key += "s";
    if (status == CaseStatus::unexpected_pass) key += "es";
    json[key] = totals.of(status);
  }
  json["seconds"] = totals.seconds;
  return json;
}

} // namespace

void write_json(const RunReport& report, std::ostream& out) {
  Json cases = Json::array();
  for (const CaseResult& result : report.cases)
    cases.push_back(json_of(report, result));
  const Json sender = report.sender.empty() ? Json(nullptr)
                                            : Json{{"name", printable(report.sender)},
                                                   {"version", printable(report.sender_version)}};
  const Json whole = {{"format", "tempfail-report"},
                      {"format_version", 2},
                      {"version", printable(report.version)},
                      {"date", printable(report.date)},
                      {"invocation",
                       {{"whole", printable(report.invocation)},
                        {"begin", printable(report.invocation_begin)},
                        {"end", printable(report.invocation_end)}}},
                      {"shard", json_of(report.shard)},
                      {"command", printable(report.command)},
                      {"sender", sender},
                      {"seed", report.seed},
                      {"time_scale", report.time_scale},
                      {"strict", report.strict},
                      {"tls_policy", to_string(report.tls_policy)},
                      {"role", report.role()},
                      {"require_met", report.require_met},
                      {"result", to_string(report.result())},
                      {"passed", report.result() == RunResult::ok},
                      {"remark", remark(report)},
                      {"missing", printable(report.missing)},
                      {"not_run", report.not_run},
                      {"nobody_came", report.sender_never_connected},
                      {"totals", json_of(totals_of(report))},
                      {"cases", std::move(cases)}};
  out << whole.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

} // namespace tempfail::report
