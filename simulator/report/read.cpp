// The reader of JSON reports. What a word may be is what the writer's functions say.
#include "report/read.hpp"

#include "report/parts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace tempfail::report {
namespace {

using scenario::Level;
using scenario::TlsPolicy;

constexpr std::string_view not_a_report = "is not a report of tempfail";

/// The value of an enumeration that the text names.
template <typename Value, std::size_t count>
Value named(const std::string& text, const std::array<Value, count>& all,
            std::string_view (*name_of)(Value)) {
  for (const Value value : all)
    if (name_of(value) == text) return value;
  throw BadReport(std::string(not_a_report) + ": it has an unknown word `" + printable(text) + "`");
}

/// One of these texts, which outlive the report.
template <std::size_t count>
std::string_view one_of(const std::string& text,
                        const std::array<std::string_view, count>& allowed) {
  return named<std::string_view, count>(text, allowed, [](std::string_view word) { return word; });
}

constexpr std::array outcomes = {Outcome::pass, Outcome::fail, Outcome::not_applicable,
                                 Outcome::undecided};
constexpr std::array answers = {Answer::error,     Answer::not_applicable, Answer::fail,
                                Answer::undecided, Answer::not_met,        Answer::ok_but,
                                Answer::ok};
constexpr std::array keywords = {Keyword::must,       Keyword::must_not, Keyword::should,
                                 Keyword::should_not, Keyword::may,      Keyword::stated,
                                 Keyword::practice};
constexpr std::array<std::string_view, 6> try_results = {"accepted", "transient", "permanent",
                                                         "trouble",  "abandoned", "cut off"};
constexpr std::array<std::string_view, 3> roles = {"", "queueing", "one-shot"};

/// Where it is there: a key that is missing has the default of its field.
template <typename Value>
void read(const nlohmann::json& json, const char* key, Value& value) {
  if (const auto found = json.find(key); found != json.end() && !found->is_null())
    found->get_to(value);
}

std::string text_of(const nlohmann::json& json, const char* key) {
  std::string text;
  read(json, key, text);
  return text;
}

/// The list of this name; an empty one where there is none.
const nlohmann::json& list(const nlohmann::json& json, const char* key) {
  static const nlohmann::json nothing = nlohmann::json::array();
  const auto found = json.find(key);
  if (found == json.end()) return nothing;
  if (!found->is_array())
    throw BadReport(std::string(not_a_report) + ": its `" + key + "` is not a list");
  return *found;
}

Moment moment_of(const nlohmann::json& json, const char* key) {
  std::int64_t microseconds = 0;
  read(json, key, microseconds);
  return Moment(microseconds);
}

void read_run(const nlohmann::json& json, RunReport& report) {
  read(json, "version", report.version);
  read(json, "date", report.date);
  read(json, "command", report.command);
  if (const auto sender = json.find("sender"); sender != json.end() && !sender->is_null()) {
    read(*sender, "name", report.sender);
    read(*sender, "version", report.sender_version);
  }
  if (const auto invocation = json.find("invocation"); invocation != json.end()) {
    read(*invocation, "whole", report.invocation);
    read(*invocation, "begin", report.invocation_begin);
    read(*invocation, "end", report.invocation_end);
  }
  if (const auto shard = json.find("shard"); shard != json.end() && !shard->is_null()) {
    read(*shard, "number", report.shard.number);
    read(*shard, "of", report.shard.total);
    if (report.shard.number > report.shard.total || report.shard.total > shards_at_most)
      throw BadReport(std::string(not_a_report) + ": part " + std::to_string(report.shard.number) +
                      " of " + std::to_string(report.shard.total) + " is not a valid one");
  }
  read(json, "seed", report.seed);
  read(json, "time_scale", report.time_scale);
  read(json, "strict", report.strict);
  read(json, "require_met", report.require_met);
  read(json, "missing", report.missing);
  read(json, "not_run", report.not_run);
  read(json, "nobody_came", report.sender_never_connected);
  const std::string policy = text_of(json, "tls_policy");
  if (const auto known = scenario::find_tls_policy(policy)) report.tls_policy = *known;
}

Finding read_finding(const nlohmann::json& json) {
  Finding finding;
  json.at("rule").get_to(finding.rule);
  read(json, "requirement", finding.requirement);
  read(json, "source", finding.source);
  finding.keyword = named(json.at("keyword").get<std::string>(), keywords, &verdict::to_string);
  finding.level = json.at("level") == "must" ? Level::must : Level::should;
  read(json, "reason", finding.reason);
  finding.outcome = named(json.at("outcome").get<std::string>(), outcomes, &report::to_string);
  read(json, "expected", finding.expected);
  read(json, "actual", finding.actual);
  read(json, "near_miss", finding.near_miss);
  read(json, "recipients", finding.recipients);
  for (const nlohmann::json& item : list(json, "evidence"))
    finding.evidence.push_back({moment_of(item, "time_us"), item.value("session", std::uint64_t{0}),
                                text_of(item, "text")});
  read(json, "evidence_left_out", finding.evidence_left_out);
  return finding;
}

verdict::DeliveryTimeline read_timeline(const nlohmann::json& json) {
  verdict::DeliveryTimeline timeline;
  read(json, "recipient", timeline.recipient);
  read(json, "message", timeline.message);
  read(json, "delivered", timeline.delivered);
  if (const auto next = json.find("next"); next != json.end() && !next->is_null()) {
    timeline.next = verdict::RetryWindow{moment_of(*next, "from_us"), std::nullopt};
    if (!next->at("to_us").is_null()) timeline.next->to = moment_of(*next, "to_us");
  }
  for (const nlohmann::json& one : list(json, "tries")) {
    verdict::SummaryTry attempt;
    attempt.begin = moment_of(one, "begin_us");
    attempt.end = moment_of(one, "end_us");
    read(one, "session", attempt.session);
    attempt.result = one_of(text_of(one, "result"), try_results);
    read(one, "said", attempt.said);
    read(one, "host", attempt.host);
    timeline.tries.push_back(std::move(attempt));
  }
  read(json, "tries_left_out", timeline.left_out);
  return timeline;
}

verdict::ConnectionDialogue read_connection(const nlohmann::json& json) {
  verdict::ConnectionDialogue connection;
  read(json, "session", connection.session);
  read(json, "host", connection.host);
  read(json, "client", connection.client);
  for (const nlohmann::json& one : list(json, "lines")) {
    const std::string_view by = one_of(text_of(one, "by"), speaker_names);
    const auto* const found = std::find(speaker_names.begin(), speaker_names.end(), by);
    connection.lines.push_back({moment_of(one, "time_us"),
                                static_cast<journal::Speaker>(found - speaker_names.begin()),
                                text_of(one, "text")});
  }
  read(json, "lines_left_out", connection.left_out);
  return connection;
}

verdict::RouteStep read_step(const nlohmann::json& json) {
  verdict::RouteStep step;
  step.time = moment_of(json, "time_us");
  const std::string_view kind = one_of(text_of(json, "kind"), step_names);
  const auto* const found = std::find(step_names.begin(), step_names.end(), kind);
  step.kind = static_cast<verdict::StepKind>(found - step_names.begin());
  read(json, "session", step.session);
  read(json, "host", step.host);
  read(json, "text", step.text);
  return step;
}

void read_summary(const nlohmann::json& json, verdict::CaseSummary& summary) {
  read(json, "server", summary.server);
  read(json, "description", summary.description);
  read(json, "tries", summary.tries);
  read(json, "deliveries", summary.deliveries);
  read(json, "delivered", summary.delivered);
  for (const nlohmann::json& track : list(json, "tracks"))
    summary.timelines.push_back(read_timeline(track));
  read(json, "tracks_left_out", summary.timelines_left_out);
  for (const nlohmann::json& talk : list(json, "connections"))
    summary.dialogues.push_back(read_connection(talk));
  read(json, "connections_left_out", summary.dialogues_left_out);
  for (const nlohmann::json& step : list(json, "route"))
    summary.route.push_back(read_step(step));
  read(json, "route_left_out", summary.route_left_out);
}

CaseResult read_case(const nlohmann::json& json) {
  CaseResult result;
  CaseVerdict& verdict = result.verdict;
  json.at("scenario").get_to(verdict.scenario);
  read(json, "family", verdict.family);
  read(json, "trouble", verdict.run_error);
  read(json, "not_applicable", verdict.not_applicable);
  read(json, "met", verdict.met);
  read(json, "not_met", verdict.not_met);
  read(json, "guessed", verdict.guessed);
  read(json, "seconds", result.seconds);
  verdict.watched = moment_of(json, "watched_us");
  read(json, "journal", result.journal_file);
  read(json, "output", result.output_file);
  read(json, "mail", result.mail_files);
  verdict.role = one_of(text_of(json, "role"), roles);
  read(json, "role_is_declared", verdict.role_is_declared);
  result.stored_status =
      named(json.at("result").get<std::string>(), order_of_totals, &report::to_string);
  for (const nlohmann::json& line : list(json, "expected"))
    result.expected.push_back({verdict.scenario, text_of(line, "rule"),
                               named(text_of(line, "answer"), answers, &verdict::to_string),
                               text_of(line, "reason")});
  read_summary(json, verdict.summary);
  for (const nlohmann::json& finding : json.at("findings"))
    verdict.findings.push_back(read_finding(finding));
  return result;
}

RunReport read_report(const nlohmann::json& json) {
  if (text_of(json, "format") != "tempfail-report") throw BadReport(std::string(not_a_report));
  if (const int version = json.at("format_version").get<int>(); version != 2)
    throw BadReport("is a report of format " + std::to_string(version) +
                    "; this version of tempfail reads format 2");
  RunReport report;
  read_run(json, report);
  for (const nlohmann::json& one : json.at("cases"))
    report.cases.push_back(read_case(one));
  return report;
}

} // namespace

RunReport read_json(std::string_view text) {
  try {
    return read_report(nlohmann::json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    throw BadReport(std::string(not_a_report) + ": " + printable(error.what()));
  }
}

} // namespace tempfail::report
