// Plans the runs of the command in a case.
#include "cli/case_plan.hpp"

#include "cli/requests.hpp"
#include "cli/test_message.hpp"
#include "scenario/hosts.hpp"

#include <chrono>
#include <sstream>
#include <string_view>
#include <utility>

namespace tempfail::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view usual_sender = "sender@sender.test";

/// What is the first of its kind in a case has no number in its name.
std::string suffix_of(std::uint32_t number) {
  return number == 1 ? "" : "-" + std::to_string(number);
}

/// "3600", not "3600.000000".
std::string number_text(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

/// What the scenario's AUTH takes: the first of its users, or anybody where it has none.
void set_credentials(HandoverSetting& setting, const scenario::Scenario& scenario,
                     const RunOptions& options) {
  if (!scenario.server.auth && !options.auth) return;
  const bool anybody = !scenario.server.auth || scenario.server.auth->users.empty();
  setting.user = anybody ? "user" : scenario.server.auth->users.begin()->first;
  setting.password = anybody ? "secret" : scenario.server.auth->users.begin()->second;
}

/// How the case's server speaks TLS.
std::string tls_mode_of(const scenario::Scenario& scenario, const RunOptions& options) {
  return std::string(to_string(net::served_as(scenario.server, settings_of(options))));
}

/// The usual sender, with a suffix that tells it from those of other messages.
std::string usual_sender_of(const std::string& suffix) {
  std::string sender(usual_sender);
  return sender.insert(sender.rfind('@'), suffix);
}

/// The scenario's own sender; else the usual one.
std::string sender_of(const scenario::Scenario& scenario, const std::string& suffix) {
  return scenario.test.sender.value_or(usual_sender_of(suffix));
}

/// Who stands in the message's From field: the envelope's sender without its source route; of a message without one the
/// usual.
std::string author_of(const std::string& sender, const std::string& suffix) {
  if (sender.empty()) return usual_sender_of(suffix);
  return sender.starts_with('@') ? sender.substr(sender.find(':') + 1) : sender;
}

/// Each message has a sender of its own: a try that gets no further than MAIL shows by it whose it is.
Handover make_handover(const scenario::Scenario& scenario, const RunOptions& options,
                       const fs::path& directory, std::uint32_t number) {
  const std::string suffix = suffix_of(number);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Handover handover;
  handover.id = std::to_string(number);
  handover.sender = sender_of(scenario, suffix);
  handover.recipients = case_recipients(scenario);
  if (scenario.test.smtputf8) handover.parameters.push_back("SMTPUTF8");
  for (std::string& parameter : parameters_of(scenario.test.requests))
    handover.parameters.push_back(std::move(parameter));
  handover.message_id =
      scenario.name + "-" + std::to_string(options.seed) + suffix + "@sender.test";
  handover.message_file = directory / ("message" + suffix + ".eml");
  handover.message_lf_file = directory / ("message" + suffix + ".lf.eml");
  MessageDetails details;
  details.sender = author_of(handover.sender, suffix);
  details.recipients = handover.recipients;
  details.message_id = handover.message_id;
  details.subject = "tempfail: " + scenario.name;
  details.unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  details.handover = handover.id;
  handover.message = make_test_message(scenario.test.message, details);
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
  values.parameters = first.parameters;
  values.queue_lifetime = queue_lifetime;
  return values;
}

} // namespace

fs::path case_folder(const scenario::Scenario& scenario) {
  return fs::path(cases_folder) / scenario.name;
}

std::vector<std::string> case_recipients(const scenario::Scenario& scenario) {
  const std::vector<std::string> domains = scenario::names_of(scenario).domains;
  const std::size_t in_turn = scenario.test.each_domain ? domains.size() : 1;
  std::vector<std::string> recipients;
  for (std::uint32_t i = 0; i < std::max<std::uint32_t>(scenario.test.recipients, 1); ++i)
    recipients.push_back((scenario.test.smtputf8 ? "empfänger-" : "recipient-") +
                         std::to_string(i + 1) + "@" + domains[i % in_turn]);
  return recipients;
}

std::vector<CommandRun> plan_runs(const scenario::Scenario& scenario, const TestOptions& options,
                                  const fs::path& directory, const CasePlace& place) {
  HandoverSetting setting;
  setting.scenario = scenario.name;
  setting.host = place.host;
  setting.port = place.port;
  setting.time_scale = options.run.time_scale;
  setting.tls = options.run.told_text();
  setting.tls_mode = tls_mode_of(scenario, options.run);
  setting.ca = place.ca;
  setting.dns = place.dns;
  setting.role = options.run.role;
  set_credentials(setting, scenario, options.run);
  std::vector<CommandRun> runs;
  std::uint32_t messages = 0;
  const bool knows_all = names_all_messages(options.command);
  for (std::uint32_t i = 1; i <= std::max<std::uint32_t>(scenario.test.runs, 1); ++i) {
    const std::string suffix = suffix_of(i);
    CommandRun run;
    run.setting = setting;
    run.setting.result_file = directory / ("result" + suffix + ".jsonl");
    run.files.first = directory / ("handover" + suffix + ".json");
    run.files.all = directory / ("handovers" + suffix + ".json");
    for (std::uint32_t j = 0; j < std::max({scenario.test.messages, options.messages, 1U}); ++j) {
      Handover handover = make_handover(scenario, options.run, directory, ++messages);
      // What is said of one message is said of the first.
      handover.given = names_message(options.command) && (j == 0 || knows_all);
      handover.offered = j != 0 && !knows_all;
      handover.untold = untold_parameters(handover.parameters, options.command);
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
                       return rule.answer.saying == scenario::Saying::silence;
                     });
}

} // namespace tempfail::cli
