// Plans the runs of the command in a case.
#include "cli/case_plan.hpp"

#include "cli/untold_parameters.hpp"
#include "control/composed.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace tempfail::cli {

namespace fs = std::filesystem;

namespace {

/// "3600", not "3600.000000".
std::string number_text(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

/// How the case's server speaks TLS.
std::string tls_mode_of(const scenario::Scenario& scenario, const RunOptions& options) {
  return std::string(to_string(net::tls_mode_for(scenario.server, settings_of(options))));
}

Handover make_handover(const scenario::Scenario& scenario, const RunOptions& options,
                       const fs::path& directory, std::uint32_t number) {
  const std::string suffix = control::number_suffix(number);
  control::ComposedMessage composed = control::compose(scenario, number, options.seed);
  Handover handover;
  handover.id = std::move(composed.id);
  handover.sender = std::move(composed.sender);
  handover.recipients = std::move(composed.recipients);
  handover.parameters = std::move(composed.parameters);
  handover.message_id = std::move(composed.message_id);
  handover.message_file = directory / ("message" + suffix + ".eml");
  handover.message_lf_file = directory / ("message" + suffix + ".lf.eml");
  handover.message = std::move(composed.content);
  return handover;
}

PlaceholderValues values_of(const CommandRun& run, const fs::path& directory,
                            const scenario::TestRequests& requests,
                            const std::string& queue_lifetime) {
  const Handover& first = run.handovers.front();
  PlaceholderValues values;
  values.host = run.setting.host;
  values.port = run.setting.port;
  values.scenario = run.setting.scenario;
  values.sender = first.sender;
  values.recipients = first.recipients;
  values.message = first.message_file.string();
  values.message_lf = first.message_lf_file.string();
  values.handover = run.files.first.string();
  values.handovers = run.files.all.string();
  values.result = run.setting.result_file.string();
  values.case_directory = directory.string();
  values.time_scale = number_text(run.setting.time_scale);
  values.user = run.setting.user;
  values.password = run.setting.password;
  values.tls = run.setting.tls;
  values.tls_mode = run.setting.tls_mode;
  values.ca = run.setting.ca;
  values.dns = run.setting.dns;
  values.notify = requests.notify;
  values.ret = requests.ret;
  values.envid = requests.envid;
  values.orcpt = requests.orcpt;
  values.requiretls = requests.requiretls ? "yes" : "no";
  values.parameters = first.parameters;
  values.queue_lifetime = queue_lifetime;
  return values;
}

} // namespace

fs::path case_folder(const scenario::Scenario& scenario) {
  return fs::path(cases_folder) / scenario.name;
}

std::vector<CommandRun> plan_runs(const scenario::Scenario& scenario, const TestOptions& options,
                                  const fs::path& directory, const CaseServerAddress& place) {
  HandoverSetting setting;
  setting.scenario = scenario.name;
  setting.host = place.host;
  setting.port = place.port;
  // A sender whose own clock is fast divides nothing.
  setting.time_scale = options.clock.empty() ? options.run.time_scale : 1;
  setting.tls = options.run.tls_policy_word();
  setting.tls_mode = tls_mode_of(scenario, options.run);
  setting.ca = place.ca;
  setting.dns = place.dns;
  setting.role = options.run.role;
  if (auto credentials = control::credentials_of(scenario, options.run.auth)) {
    setting.user = std::move(credentials->user);
    setting.password = std::move(credentials->password);
  }
  std::vector<CommandRun> runs;
  std::uint32_t messages = 0;
  const bool knows_all = mentions_all_messages(options.command);
  for (std::uint32_t i = 1; i <= std::max<std::uint32_t>(scenario.test.runs, 1); ++i) {
    const std::string suffix = control::number_suffix(i);
    CommandRun run;
    run.setting = setting;
    run.setting.result_file = directory / ("result" + suffix + ".jsonl");
    run.files.first = directory / ("handover" + suffix + ".json");
    run.files.all = directory / ("handovers" + suffix + ".json");
    for (std::uint32_t j = 0; j < std::max({scenario.test.messages, options.messages, 1U}); ++j) {
      Handover handover = make_handover(scenario, options.run, directory, ++messages);
      // What is said of one message is said of the first.
      handover.given = mentions_message(options.command) && (j == 0 || knows_all);
      handover.offered = j != 0 && !knows_all;
      handover.untold_parameters = untold_parameters(handover.parameters, options.command);
      run.handovers.push_back(std::move(handover));
    }
    const PlaceholderValues values =
        values_of(run, directory, scenario.test.requests, options.run.queue_lifetime);
    for (const std::string& argument : options.command)
      run.arguments.push_back(fill_placeholders(argument, values));
    run.environment = placeholder_environment(values);
    run.environment.insert(run.environment.end(), options.environment.begin(),
                           options.environment.end());
    runs.push_back(std::move(run));
  }
  return runs;
}

bool has_silent_names(const scenario::Scenario& scenario) {
  return scenario.names &&
         std::any_of(scenario.names->answers.begin(), scenario.names->answers.end(),
                     [](const scenario::NameRule& rule) {
                       return rule.answer.kind == scenario::NameAnswerKind::silence;
                     });
}

} // namespace tempfail::cli
