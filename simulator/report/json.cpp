// The report for programs. The keys are documented in docs/verdicts.md; they are added to, never renamed.
#include "report/parts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tempfail::report {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Finding& finding) {
  const Shown shown(finding);
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

Json json_of(const verdict::StoryTrack& track) {
  Json tries = Json::array();
  for (const verdict::StoryTry& attempt : track.tries)
    tries.push_back({{"begin_us", attempt.begin.count()},
                     {"end_us", attempt.end.count()},
                     {"session", attempt.session},
                     {"result", attempt.result},
                     {"said", printable(shown_line(attempt.said))},
                     {"host", printable(attempt.host)}});
  Json next = nullptr;
  if (track.next) {
    next = {{"from_us", track.next->from.count()}, {"to_us", nullptr}};
    if (track.next->to) next["to_us"] = track.next->to->count();
  }
  return {{"recipient", printable(track.recipient)},
          {"message", track.message},
          {"delivered", track.delivered},
          {"next", std::move(next)},
          {"tries", std::move(tries)},
          {"tries_left_out", track.left_out}};
}

Json json_of(const RunReport& report, const CaseResult& result) {
  const CaseVerdict& verdict = result.verdict;
  Json findings = Json::array();
  for (const Finding& finding : verdict.findings)
    findings.push_back(json_of(finding));
  Json tracks = Json::array();
  for (const verdict::StoryTrack& track : verdict.story.tracks)
    tracks.push_back(json_of(track));
  return {{"scenario", printable(verdict.scenario)},
          {"family", printable(verdict.family)},
          {"answer", to_string(verdict.answer(report.strict))},
          {"result", to_string(report.count(result))},
          {"why", printable(headline(report, result))},
          {"trouble", printable(shown_text(verdict.trouble))},
          {"met", verdict.met},
          {"guessed", verdict.guessed},
          {"seconds", result.seconds},
          {"watched_us", verdict.watched.count()},
          {"journal", printable(result.journal_file)},
          {"output", printable(result.output_file)},
          {"tries", verdict.story.tries},
          {"deliveries", verdict.story.deliveries},
          {"delivered", verdict.story.delivered},
          {"tracks", std::move(tracks)},
          {"tracks_left_out", verdict.story.tracks_left_out},
          {"findings", std::move(findings)}};
}

/// Every count, those that are 0 too: "ok", "ok_but", "expected_failures".
Json json_of(const Totals& totals) {
  Json json = {{"cases", totals.all()}};
  for (const Count count : order_of_totals) {
    std::string key(to_string(count));
    std::replace(key.begin(), key.end(), '-', '_');
    if (count == Count::expected_failure) key += "s";
    if (count == Count::unexpected_pass) key += "es";
    json[key] = totals.of(count);
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
                      {"totals", json_of(totals_of(report))},
                      {"cases", std::move(cases)}};
  out << whole.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

} // namespace tempfail::report
