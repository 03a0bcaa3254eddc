// Makes options of `test` from a sender's manifest.
#include "cli/sender_options.hpp"

#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/sender_catalogue.hpp"
#include "cli/sender_needs.hpp"
#include "cli/test_options.hpp"
#include "cli/text.hpp"

#include <algorithm>

namespace tempfail::cli {

namespace {

/// A mail server has processes to end and a log to leave behind.
constexpr std::chrono::seconds time_to_end{15};

/// As in a command, a brace that is the user's stays one.
std::string as_written(std::string text) {
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 2))
    text.insert(at, 1, '{');
  return text;
}

void replace(std::string& text, std::string_view what, const std::string& by) {
  if (const std::size_t at = text.find(what); at != std::string::npos)
    text.replace(at, what.size(), by);
}

std::string known_settings(const SenderManifest& sender) {
  std::string text;
  for (const SenderSetting& setting : sender.settings)
    text += (text.empty() ? "" : ", ") + (setting.name == "*" ? "any other" : setting.name) + " (" +
            setting.meaning + ")";
  return text.empty() ? "none" : text;
}

/// Adds to the command what `-o KEY=VALUE` means to this sender.
void add_setting(const SenderManifest& sender, const std::string& given,
                 std::vector<std::string>& command) {
  const std::size_t equals = given.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError("-o " + given + ": allowed: KEY=VALUE");
  const std::string name = given.substr(0, equals);
  const auto called = [&](const std::string& wanted) {
    return std::find_if(sender.settings.begin(), sender.settings.end(),
                        [&](const SenderSetting& one) { return one.name == wanted; });
  };
  auto setting = called(name);
  if (setting == sender.settings.end()) setting = called("*");
  if (setting == sender.settings.end())
    throw UsageError("-o " + given + ": " + sender.name +
                     " has no such option; allowed: " + known_settings(sender));
  for (std::string argument : setting->adds) {
    replace(argument, "{name}", as_written(name));
    replace(argument, "{value}", as_written(given.substr(equals + 1)));
    command.push_back(std::move(argument));
  }
}

void declare(const SenderManifest& sender, TestOptions& options) {
  const auto given = [&](const char* option) { return options.sender.is_given(option); };
  RunOptions& run = options.run;
  if (!given("--role")) run.role = sender.role;
  if (!given("--without")) run.without = sender.without;
  const bool by_mx =
      sender.mx == LooksUpMx::always || (sender.mx == LooksUpMx::in_a_lab && options.lab);
  if (!given("--without") && !by_mx) run.without.emplace_back("mx");
  if (!given("--time-scale") && !given("--clock")) run.time_scale = sender.time_scale;
  if (!given("--queue-lifetime")) run.queue_lifetime = sender.queue_lifetime;
  if (!given("--exit")) options.exits = sender.exits;
  if (!given("--timeout") && sender.timeout_seconds > 0)
    options.timeout_seconds = sender.timeout_seconds;
  run.scaled_timeouts = run.scaled_timeouts || sender.scaled_timeouts;
  run.notifications_come = sender.notifications_come;
  options.queue = options.queue || (run.role == "queueing" && !sender.stays);
  options.ends_when_empty = sender.ends_when_empty;
  options.passes_clock_on = sender.passes_clock_on;
  const auto can_be_told = [&](const std::string& policy) {
    return std::find(sender.tls_policies.begin(), sender.tls_policies.end(), policy) !=
           sender.tls_policies.end();
  };
  if (!given("--tls-policy"))
    run.tls_policy = run.tls && can_be_told("required") ? "required" : sender.tls_policies.front();
  else if (!can_be_told(run.tls_policy))
    throw UsageError("--tls-policy " + run.tls_policy + ": " + sender.name +
                     " can't be set that way; allowed: " + joined(sender.tls_policies, ", "));
}

} // namespace

void add_sender_options(CLI::App& parser, SenderChoice& choice) {
  parser
      .add_option(
          "--sender", choice.name,
          "Run a known sender instead of a COMMAND: a name from tempfail senders, or a "
          "directory with a sender.yaml (./mine). The sender brings its role, time scale, TLS "
          "policy and other settings; options given here override them.")
      ->type_name("SENDER");
  parser
      .add_option("-o", choice.settings,
                  "With --sender: one of the sender's own settings, listed by tempfail senders "
                  "NAME. May be given more than once.")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  choice.is_given = [&parser](const std::string& option) { return parser.count(option) > 0; };
}

SenderInfo apply_sender(TestOptions& options) {
  if (!options.command.empty())
    throw UsageError("--sender and a command after -- can't be combined");
  const SenderManifest sender = find_sender(options.sender.name);
  declare(sender, options);
  options.command = sender.command;
  for (const std::string& setting : options.sender.settings)
    add_setting(sender, setting, options.command);
  options.environment = environment_of(sender);
  options.grace = time_to_end;
  if (options.dry_run) return {sender.name, {}};
  if (const std::vector<MissingNeed> missing = missing_needs_of(sender); !missing.empty())
    throw CannotRun("--sender " + sender.name + ": " + missing_need_text(missing.front()));
  return {sender.name, version_of(sender)};
}

} // namespace tempfail::cli
