// `policy`: shows a retry policy, checks it, and plays it against failures in virtual time.
#include "client/base/text.hpp"
#include "client/cli/command.hpp"
#include "client/cli/queue_options.hpp"
#include "client/cli/terminal.hpp"
#include "client/policy/load.hpp"
#include "client/policy/show.hpp"
#include "client/runner/simulate.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <iostream>
#include <memory>

namespace tempfail::client {
namespace {

struct PolicyOptions {
  std::string file{};
  bool json = false;
  bool yaml = false;
  std::vector<std::string> fail{};
  std::vector<std::string> lasts{};
  std::vector<std::string> until_try{};
  std::uint64_t seed = 1;
  unsigned messages = 1;
  std::string apart = "0s";
  std::string limit = "30d";
};

void show(const PolicyOptions& options) {
  if (options.yaml && options.file.empty()) {
    std::cout << default_policy_text();
    return;
  }
  const Policy policy = read_policy_file(options.file);
  std::cout << (options.json ? policy_as_json(policy) + '\n'
                             : show_policy(policy, terminal_width(STDOUT_FILENO, 100)));
}

Duration duration_option(const std::string& option, const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration)
    throw CommandError(exit_usage, option + ": '" + text +
                                       "' is not a valid duration; allowed: 30m, 6h, 1d12h");
  return *duration;
}

ScriptPhase phase(const std::string& outcome_text) {
  std::string mistake;
  const auto outcome = parse_outcome(outcome_text, mistake);
  if (!outcome) throw CommandError(exit_usage, "--fail: " + mistake);
  return {*outcome, {}, {}};
}

/// --for and --until-try belong to the --fail before them, so the order of the options counts.
Script script_of(const CLI::App& command, const PolicyOptions& options) {
  Script script;
  std::size_t fail = 0;
  std::size_t lasts = 0;
  std::size_t until = 0;
  for (const CLI::Option* option : command.parse_order()) {
    const std::string name = option->get_single_name();
    if (name == "fail") {
      script.push_back(phase(options.fail.at(fail++)));
    } else if (name == "for" || name == "until-try") {
      if (script.empty())
        throw CommandError(exit_usage, "--" + name + " must follow the --fail that it belongs to");
      if (name == "for") {
        script.back().lasts = duration_option("--for", options.lasts.at(lasts++));
      } else {
        const std::string& text = options.until_try.at(until++);
        unsigned number = 0;
        if (!CLI::detail::lexical_cast(text, number) || number == 0) {
          throw CommandError(exit_usage, "--until-try: '" + text + "' is not a number above 0");
        }
        script.back().until_try = number;
      }
    }
  }
  return script;
}

void run_simulation(const CLI::App& command, const PolicyOptions& options) {
  SimulationRequest request;
  request.script = script_of(command, options);
  request.seed = options.seed;
  request.messages = options.messages;
  request.apart = duration_option("--apart", options.apart);
  request.limit = duration_option("--limit", options.limit);
  const Simulation simulation = simulate(read_policy_file(options.file), request);
  std::cout << (options.json ? simulation_as_json(simulation) + '\n' : show_simulation(simulation));
}

void add_simulate(CLI::App& policy, const std::shared_ptr<PolicyOptions>& options, int& exit_code) {
  CLI::App* simulate =
      policy.add_subcommand("simulate", "Simulates the policy against failures in virtual time, "
                                        "with the code that delivers mail: days take milliseconds");
  add_policy_option(*simulate, options->file);
  const auto repeated = CLI::MultiOptionPolicy::TakeAll;
  simulate
      ->add_option(
          "--fail", options->fail,
          "Result of the tries: a status (4.3.2), a reply (432, '451 4.7.1 later') or a kind of "
          "failure (connect-timeout, dropped@message). May be repeated: one phase after the other")
      ->type_name("OUTCOME")
      ->required()
      ->allow_extra_args(false)
      ->multi_option_policy(repeated);
  simulate
      ->add_option("--for", options->lasts,
                   "How long the --fail before it lasts; without this option it never ends")
      ->type_name("DURATION")
      ->allow_extra_args(false)
      ->multi_option_policy(repeated);
  simulate
      ->add_option("--until-try", options->until_try,
                   "The --fail before it ends after this many tries")
      ->type_name("N")
      ->allow_extra_args(false)
      ->multi_option_policy(repeated);
  simulate->add_option("--seed", options->seed, "Seed of the jitter")->capture_default_str();
  simulate->add_option("--messages", options->messages, "How many messages to simulate")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  simulate->add_option("--apart", options->apart, "Time between the messages")
      ->type_name("DURATION")
      ->capture_default_str();
  simulate->add_option("--limit", options->limit, "How much time to simulate at most")
      ->type_name("DURATION")
      ->capture_default_str();
  simulate->add_flag("--json", options->json, "Print JSON instead of text");
  simulate->callback([simulate, options, &exit_code] {
    run_simulation(*simulate, *options);
    exit_code = exit_ok;
  });
}

} // namespace

void add_policy_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<PolicyOptions>();
  CLI::App* policy = app.add_subcommand("policy", "Shows, checks and tries out a retry policy");
  policy->require_subcommand(1);
  CLI::App* show_command =
      policy->add_subcommand("show", "Prints the schedule as a table and a timeline");
  add_policy_option(*show_command, options->file);
  CLI::Option* json = show_command->add_flag("--json", options->json, "Print JSON instead of text");
  show_command->add_flag("--yaml", options->yaml, "The built-in policy as a file to start from")
      ->excludes(json);
  show_command->callback([options, &exit_code] {
    show(*options);
    exit_code = exit_ok;
  });
  CLI::App* check =
      policy->add_subcommand("check", "Reports all mistakes of a policy file, each with its place");
  check->add_option("FILE", options->file, "The policy")->required();
  check->callback([options, &exit_code] {
    read_policy_file(options->file);
    exit_code = exit_ok;
  });
  add_simulate(*policy, options, exit_code);
}

} // namespace tempfail::client
