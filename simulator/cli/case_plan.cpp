// Plans the runs of the command in a case.
#include "cli/case_plan.hpp"

#include "cli/test_message.hpp"

#include <chrono>
#include <sstream>

namespace tempfail::cli {

namespace fs = std::filesystem;

namespace {

/// Each run of the command has its own: a try that gets no further than MAIL shows by it whose it is.
std::string sender_of(const std::string& suffix) {
  return "sender" + suffix + "@sender.test";
}

/// "3600", not "3600.000000".
std::string number_text(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

/// What the scenario's AUTH takes: the first of its users, or anybody where it has none.
void set_credentials(PlaceholderValues& values, const scenario::Scenario& scenario) {
  if (!scenario.server.auth) return;
  const auto& users = scenario.server.auth->users;
  values.user = users.empty() ? "user" : users.begin()->first;
  values.password = users.empty() ? "secret" : users.begin()->second;
}

/// How the case's server speaks TLS.
std::string tls_mode_of(const scenario::Scenario& scenario, const RunOptions& options) {
  return std::string(to_string(net::served_as(scenario.server, settings_of(options))));
}

} // namespace

fs::path case_folder(const scenario::Scenario& scenario) {
  return fs::path("cases") / scenario.name;
}

std::vector<std::string> case_recipients(const scenario::Scenario& scenario) {
  std::vector<std::string> recipients;
  for (std::uint32_t i = 1; i <= std::max<std::uint32_t>(scenario.test.recipients, 1); ++i)
    recipients.push_back("recipient-" + std::to_string(i) + "@" + scenario.name + ".test");
  return recipients;
}

std::vector<CommandRun> plan_runs(const scenario::Scenario& scenario, const TestOptions& options,
                                  const fs::path& directory, const std::string& host,
                                  const std::string& port, const std::string& ca) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::vector<CommandRun> runs;
  for (std::uint32_t i = 1; i <= std::max<std::uint32_t>(scenario.test.runs, 1); ++i) {
    const std::string suffix = i == 1 ? "" : "-" + std::to_string(i);
    CommandRun run;
    run.message_file = directory / ("message" + suffix + ".eml");
    MessageDetails details;
    details.sender = sender_of(suffix);
    details.recipients = case_recipients(scenario);
    details.message_id =
        scenario.name + "-" + std::to_string(options.run.seed) + suffix + "@sender.test";
    details.subject = "tempfail: " + scenario.name;
    details.unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    run.message = make_test_message(scenario.test.message, details);
    PlaceholderValues values;
    values.host = host;
    values.port = port;
    values.scenario = scenario.name;
    values.sender = details.sender;
    values.recipients = details.recipients;
    values.message = run.message_file.string();
    values.case_directory = directory.string();
    values.time_scale = number_text(options.run.time_scale);
    values.ca = ca;
    values.tls = to_string(options.run.told());
    values.tls_mode = tls_mode_of(scenario, options.run);
    set_credentials(values, scenario);
    for (const std::string& argument : options.command)
      run.arguments.push_back(fill_placeholders(argument, values));
    run.environment = placeholder_environment(values);
    runs.push_back(std::move(run));
  }
  return runs;
}

} // namespace tempfail::cli
