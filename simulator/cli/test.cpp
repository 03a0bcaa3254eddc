// tempfail test: runs a sender through scenarios and judges it.
#include "base/printable.hpp"
#include "cli/case_plan.hpp"
#include "cli/case_server.hpp"
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/expected_failures.hpp"
#include "cli/fast_clock.hpp"
#include "cli/find_program.hpp"
#include "cli/lab_hosts.hpp"
#include "cli/last_output.hpp"
#include "cli/missing_dashes.hpp"
#include "cli/scenario_json.hpp"
#include "cli/stale_cases.hpp"
#include "cli/test_options.hpp"
#include "cli/test_run.hpp"
#include "cli/text.hpp"
#include "verdict/met.hpp"

#include <algorithm>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

namespace tempfail::cli {

namespace {

namespace fs = std::filesystem;
using scenario::ScenarioPtr;

/// A duration, where one was given.
void check_duration(const std::string& option, const std::string& value) {
  if (scenario::exceeds_longest_duration(value))
    throw UsageError(option + " " + value + " is over the limit of ten years");
  if (!value.empty() && !scenario::parse_duration(value))
    throw UsageError(option + " " + value + " is not a valid duration; allowed: 90s, 30m, 6h");
}

/// A fast clock is all that the sender needs to be judged in protocol time.
void apply_clock(TestOptions& options) {
  if (options.clock.empty()) return;
  options.run.time_scale = clock_factor(options.clock);
  options.run.scaled_timeouts = true;
}

/// The clock of all cases' commands, which are told of it; null: it is the real one.
std::unique_ptr<FastClock> start_clock(TestOptions& options) {
  if (options.clock.empty()) return nullptr;
  auto clock = std::make_unique<FastClock>(clock_factor(options.clock));
  const std::vector<std::string>& variables = clock->environment();
  if (options.passes_clock_on)
    options.environment.push_back("TEMPFAIL_CLOCK=" + joined(variables, "\n"));
  else
    options.environment.insert(options.environment.end(), variables.begin(), variables.end());
  return clock;
}

SenderInfo check(TestOptions& options) {
  SenderInfo sender;
  apply_clock(options);
  if (options.sender.made())
    sender = apply_sender(options);
  else if (!options.sender.settings.empty())
    throw UsageError("-o sets an option of a known sender: it needs --sender");
  check_run_options(options.run);
  if (options.command.empty()) {
    if (const std::string hint = missing_dashes("test", options.patterns, nullptr); !hint.empty())
      throw UsageError(hint);
    throw UsageError(
        "the sender's command is missing; put it after --, as in: tempfail test disk-full -- "
        "my-mailer {host} {port}; or name a sender: --sender postfix");
  }
  check_duration("--watch-time", options.watch);
  check_duration("--settle-time", options.settle_time);
  if (!options.settle_time.empty() && !options.queue)
    throw UsageError("--settle-time needs --queue: without it a case ends with its command");
  if (options.port && options.run.dns.empty())
    throw UsageError("--port is for hosts that are found by name: it needs --dns");
  options.exit_map = ExitMap(options.exits);
  if (options.report.directory.empty()) throw UsageError("--report-dir: a name is needed");
  return sender;
}

/// The command with everything filled in, for --dry-run and to find mistakes before anything starts.
std::vector<CommandRun> planned(const std::vector<ScenarioPtr>& scenarios, std::size_t number,
                                const TestOptions& options, const fs::path& directory) {
  const scenario::Scenario& scenario = *scenarios[number];
  CaseServerAddress place = {options.run.bind_address, "PORT", "",
                             options.run.dns.empty() ? "" : "NAME-SERVER"};
  if (options.lab) place = case_server_in_lab(places_in_lab(scenarios, options.run)[number]);
  return plan_runs(scenario, options, directory / case_folder(scenario), place);
}

int dry_run(const std::vector<ScenarioPtr>& scenarios, const TestOptions& options,
            const fs::path& directory, StandardStream& out) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  std::string text;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const std::string& name = scenarios[i]->name;
    for (const CommandRun& run : planned(scenarios, i, options, directory)) {
      array.push_back({{"scenario", name}, {"command", run.arguments}});
      text += out.styled(Style::cyan, name) + ": " + shell_quoted(run.arguments) + '\n';
    }
  }
  out.write(options.report.json ? dump(array) : text);
  return exit_ok;
}

/// The options of the run that belong to the run of one case as well: where reports go, and which cases are run, do
/// not.
std::vector<std::string> without_reports(const std::vector<std::string>& words) {
  const std::set<std::string_view> with_value = {"--report-dir",  "--junit",
                                                 "--json-report", "--markdown",
                                                 "--annotations", "--write-expected-failures",
                                                 "--shard",       "--source"};
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (with_value.contains(words[i]))
      ++i;
    else if (words[i] != "--json" && words[i] != "--last-failed")
      kept.push_back(words[i]);
  }
  return kept;
}

/// How the run was started, so that it, and each of its cases, can be started again.
void say_invocation(const TestOptions& options, const Invocation& invocation,
                    report::RunReport& report) {
  const auto joined = [](const std::vector<std::string>& words) {
    return words.empty() ? std::string() : " " + shell_quoted(words);
  };
  const std::string end = report.sender.empty() ? " -- " + report.command : "";
  report.invocation = "tempfail test" + joined(options.patterns) + joined(invocation.options) + end;
  report.invocation_begin = "tempfail test ";
  report.invocation_end = joined(without_reports(invocation.options)) + end;
  std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  if (std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc) != 0) report.date = text;
}

void print_hints(const TestOutcome& outcome, const TestOptions& options, const fs::path& directory,
                 StandardStream& out, StandardStream& err) {
  StandardStream& where = options.report.json ? err : out;
  if (outcome.claimed_success && !options.queue)
    where.write(
        "\nA command exited with 0 although a retry was needed. If it only hands the message to a "
        "queue, use --queue.\n");
  where.write("\nReport: " + (directory / "index.html").string() + '\n');
}

/// What is said of a run that stopped because the sender connects to nothing: what was run, and what that printed.
std::string why_it_stopped(const FirstCase& first, const report::RunReport& report,
                           const TestOptions& options, const fs::path& directory) {
  constexpr std::size_t max_lines = 10;
  const std::string name(report::scenario_without_failure);
  std::string text = "\ntempfail test: the run stops here: the sender never connected in " + name +
                     ", in which nothing fails (" + counted(report.not_run, "other scenario") +
                     " not run; --keep-going runs all)\n";
  if (!first.command.empty()) text += "  command: " + first.command + '\n';
  const std::vector<std::string> lines =
      last_output_lines(directory / first.output_file, max_lines);
  text += lines.empty() ? "  it printed nothing\n" : "  its last output:\n";
  for (const std::string& line : lines)
    text += "    " + base::printable(line) + '\n';
  if (!options.sender.made() && !mentions_server(options.command))
    text += "  The command names neither {host} nor {port}. Unless it reads the variables "
            "TEMPFAIL_HOST and TEMPFAIL_PORT, it connects to another server.\n";
  return text;
}

/// Whether the scenario refuses its message for good for what it is: a large one, one in another
/// character set, one that has come a long way. Another message is taken, as it should be.
bool refuses_its_message(const scenario::Scenario& scenario, scenario::TlsPolicy told) {
  const scenario::TestMessage& message = scenario.test.message;
  const scenario::TestMessage usual;
  const bool is_usual = message.size == usual.size && message.charset == usual.charset &&
                        message.received_fields == usual.received_fields;
  const auto& expected = scenario.expected(told);
  return !is_usual && std::any_of(expected.begin(), expected.end(), verdict::asks_for_no_delivery);
}

/// Without the scenarios that refuse their message, where a known sender writes its own.
std::vector<ScenarioPtr> without_given_messages(std::vector<ScenarioPtr> scenarios,
                                                const TestOptions& options, StandardStream& err) {
  if (!options.sender.made() || mentions_message(options.command)) return scenarios;
  std::vector<std::string> left_out;
  std::erase_if(scenarios, [&](const ScenarioPtr& scenario) {
    if (!refuses_its_message(*scenario, options.run.policy())) return false;
    left_out.push_back(scenario->name);
    return true;
  });
  if (!left_out.empty())
    err.write("tempfail test: left out, because " + options.sender.name +
              " composes its own messages: " + joined(left_out, ", ") + '\n');
  if (scenarios.empty()) throw UsageError("no scenario is left to run");
  return scenarios;
}

/// Leaves out, and says so, what can't be run as things are.
std::vector<ScenarioPtr> runnable(std::vector<ScenarioPtr> scenarios, const TestOptions& options,
                                  StandardStream& err) {
  const auto comes_back = [](const ScenarioPtr& scenario) {
    return scenario->server.forward == scenario::ForwardTo::sender;
  };
  if (!options.run.sender_server.empty()) return scenarios;
  for (const ScenarioPtr& scenario : scenarios)
    if (comes_back(scenario))
      err.write("tempfail test: " + scenario->name +
                " is left out: it sends mail back to the sender's own server, and there is no "
                "--sender-server\n");
  std::erase_if(scenarios, comes_back);
  if (scenarios.empty()) throw UsageError("no scenario is left to run");
  return scenarios;
}

int test(TestOptions& options, Invocation& invocation) {
  const SenderInfo sender = check(options);
  // A lab routes mail for the sender's own domain to a host of its own; what becomes of it in an adapter, that says.
  if (options.lab && !options.sender.made()) options.run.notifications_come = true;
  const scenario::Catalogue catalogue = load_catalogue(options.catalogue);
  const ExpectedFailures expected =
      ExpectedFailures::read(options.report.expected_failures, catalogue);
  const std::vector<ScenarioPtr> chosen =
      runnable(without_given_messages(
                   scenarios_for_tls_option(narrow(choose(catalogue, options.patterns),
                                                   options.narrowing, options.report.directory),
                                            options.run, invocation.err),
                   options, invocation.err),
               options, invocation.err);
  if (options.lab) check_for_lab(options.run, chosen);
  const NetworkFeatures network =
      options.lab ? NetworkFeatures{true, true, true} : loopback_features(options.run);
  std::vector<ScenarioPtr> scenarios =
      scenarios_for_network(chosen, network, options.run, invocation.err);
  const fs::path directory = fs::absolute(options.report.directory).lexically_normal();
  for (std::size_t i = 0; i < scenarios.size(); ++i)
    planned(scenarios, i, options, directory);
  if (options.dry_run) return dry_run(scenarios, options, directory, invocation.out);
  const std::string program = planned(scenarios, 0, options, directory).front().arguments.front();
  if (find_program(program).empty()) throw UsageError(why_not_found(program));
  if (options.lab) {
    prepare_for_labs(invocation.err);
    const auto lab = make_lab({}); // what keeps all cases from having one is said once
    scenarios = scenarios_for_network(std::move(scenarios), lab_features(*lab), options.run,
                                      invocation.err);
  }

  const auto clock = start_clock(options);
  Estimate estimate(scenarios, options, directory, jobs_of(options));
  prepare_report_files(options.report);
  std::set<std::string> names;
  for (const ScenarioPtr& scenario : scenarios)
    names.insert(scenario->name);
  remove_stale_cases(directory, names);
  report::RunReport report;
  report.version = TEMPFAIL_VERSION;
  report.command = shell_quoted(options.command);
  report.sender = sender.name;
  report.sender_version = sender.version;
  report.shard = shard_of(options.narrowing);
  report.seed = options.run.seed;
  report.time_scale = options.run.time_scale;
  report.strict = options.report.strict;
  report.require_met = options.report.require_met;
  report.tls_policy = options.run.policy();
  say_invocation(options, invocation, report);
  TestOutcome outcome;
  {
    Progress progress(invocation.err, scenarios.size(), options.report.verbose,
                      std::move(estimate));
    outcome = run_cases(scenarios, options, expected, directory, progress);
  }
  report.cases = std::move(outcome.cases);
  report.not_run = scenarios.size() - report.cases.size();
  report.sender_never_connected = outcome.sender_never_connected.has_value();
  print_report(report, options.report, invocation.out);
  write_report_files(report, options.report);
  print_hints(outcome, options, fs::path(options.report.directory), invocation.out, invocation.err);
  if (outcome.sender_never_connected)
    invocation.err.write(
        why_it_stopped(*outcome.sender_never_connected, report, options, directory));
  if (outcome.signal != 0) {
    invocation.err.write("tempfail test: interrupted, " + std::to_string(report.cases.size()) +
                         " of " + std::to_string(scenarios.size()) + " cases had ended\n");
    return exit_signal + outcome.signal;
  }
  return exit_code_of(report);
}

} // namespace

Command make_test() {
  auto options = std::make_shared<TestOptions>();
  Command command;
  command.takes_tail = true;
  command.manual = test_manual();
  command.add_options = [options](CLI::App& parser) { add_test_options(parser, *options); };
  command.run = [options](Invocation& invocation) {
    options->command = invocation.tail;
    return test(*options, invocation);
  };
  return command;
}

} // namespace tempfail::cli
