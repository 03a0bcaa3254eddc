// Scenarios as JSON.
#include "cli/scenario_json.hpp"

#include "cli/text.hpp"
#include "scenario/hosts.hpp"

#include <nlohmann/json.hpp>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const scenario::Range<std::uint64_t>& range) {
  std::string text = std::to_string(range.min);
  if (range.max && *range.max == range.min) return text;
  text += "..";
  if (range.max) text += std::to_string(*range.max);
  return text;
}

/// The value of an expectation as the scenario file has it; empty for a flag.
struct ValueText {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const std::string& word) const { return word; }
  std::string operator()(const scenario::Range<Duration>& range) const {
    return scenario::to_string(range);
  }
  std::string operator()(const scenario::Range<std::uint64_t>& range) const {
    return text_of(range);
  }
  std::string operator()(const std::vector<Duration>& list) const {
    std::string text = "[";
    for (const Duration& duration : list) {
      if (text.size() > 1) text += ", ";
      text += scenario::to_string(duration);
    }
    return text + "]";
  }
  std::string operator()(const scenario::ExpectedNotification& notice) const {
    std::string text = notice.action;
    if (!notice.statuses.empty()) text += ", status " + joined(notice.statuses, " or ");
    if (!notice.fields.empty()) text += ", with " + joined(notice.fields, " and ");
    return text;
  }
};

} // namespace

std::string to_text(const scenario::Expectation& expectation) {
  const std::string value = std::visit(ValueText{}, expectation.value);
  return value.empty() ? expectation.name : expectation.name + ": " + value;
}

namespace {

Json to_json(const std::vector<scenario::Expectation>& expectations) {
  Json sender = Json::array();
  for (const scenario::Expectation& expectation : expectations) {
    Json entry = {{"name", expectation.name},
                  {"level", expectation.level == scenario::Level::must ? "must" : "should"}};
    const std::string value = std::visit(ValueText{}, expectation.value);
    if (!value.empty()) entry["value"] = value;
    sender.push_back(std::move(entry));
  }
  return sender;
}

/// Where a sender meets the scenario, in the words of its key `met`.
std::vector<std::string> met_by(const scenario::Scenario& scenario) {
  const scenario::MetCondition& met = scenario.met;
  const auto places = scenario::words_for_met(scenario);
  if (met.session || places.empty()) return {"session"};
  if (!met.names_an_effect()) return {places.begin(), places.end()};
  std::vector<std::string> names;
  for (const scenario::Stage stage : met.stages)
    names.emplace_back(to_string(stage));
  if (met.listen) names.emplace_back("listen");
  if (met.tls) names.emplace_back("tls");
  if (met.extensions) names.emplace_back("extensions");
  if (met.names) names.emplace_back("names");
  return names;
}

} // namespace

namespace {

Json to_json_hosts(const scenario::Scenario& scenario) {
  Json hosts = Json::array();
  for (const scenario::Host& host : scenario.hosts)
    hosts.push_back({{"name", host.name}, {"decoy", host.decoy}});
  return hosts;
}

} // namespace

Json to_json(const scenario::Scenario& scenario) {
  Json told = Json::object();
  if (scenario.sender_required) told["required"] = to_json(*scenario.sender_required);
  if (scenario.sender_verified) told["verified"] = to_json(*scenario.sender_verified);
  return Json{{"id", scenario.id()},
              {"name", scenario.name},
              {"family", scenario.family},
              {"summary", scenario.summary},
              {"description", scenario.description},
              {"statuses", scenario.statuses},
              {"sources", scenario.sources},
              {"met_by", met_by(scenario)},
              {"needs_names", scenario::needs_name_server(scenario)},
              {"needs_lab", scenario::needs_lab(scenario)},
              {"hosts", to_json_hosts(scenario)},
              {"own_port", scenario::needs_own_port(scenario.server)},
              {"sender", to_json(scenario.sender)},
              {"sender_by_tls_policy", std::move(told)},
              {"test",
               {{"watch", scenario::to_string(scenario.test.watch)},
                {"runs", scenario.test.runs},
                {"recipients", scenario.test.recipients},
                {"messages", scenario.test.messages}}},
              {"file", scenario.file}};
}

std::string dump(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string dump_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace tempfail::cli
