// The options that declare what the sender is and what it does not claim to do.
#include "cli/declarations.hpp"

#include "cli/allowed.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/run_options.hpp"
#include "cli/text.hpp"

#include <set>

namespace tempfail::cli {

/// What a sender may do without: extensions by their EHLO keyword in lower case, and looking up MX records.
const std::vector<std::string>& declarable_claims() {
  static const std::vector<std::string> all = {"8bitmime", "auth", "dsn", "mx", "smtputf8"};
  return all;
}

void add_declarations(CLI::App& parser, RunOptions& options) {
  parser
      .add_option(
          "--tls-policy", options.tls_policy,
          "What the sender was told about TLS: to do without it, to use it where it is offered, "
          "to need it, or to need it with a valid certificate. It decides what is expected of "
          "the sender.")
      ->type_name("none|opportunistic|required|verified")
      ->check(one_of({"none", "opportunistic", "required", "verified"}))
      ->default_str("opportunistic");
  parser
      .add_option(
          "--role", options.role,
          "What the sender is: one that keeps a message and retries it, or one that tries once "
          "and tells its caller. Nobody asks a one-shot sender to retry.")
      ->type_name("queueing|one-shot")
      ->check(one_of({"queueing", "one-shot"}));
  parser
      .add_option("--without", options.without,
                  "What the sender does not claim to do, joined with commas: " +
                      joined(declarable_claims(), ", ") + ". What needs it is not applicable then.")
      ->type_name("LIST")
      ->delimiter(',')
      ->check(one_of(declarable_claims()));
  parser.add_flag(
      "--scaled-timeouts", options.scaled_timeouts,
      "The sender divides its time-outs by the time scale, as it does its intervals: how "
      "long it waits for a silent server is judged in protocol time alone.");
  parser
      .add_option(
          "--queue-lifetime", options.queue_lifetime,
          "After how long (protocol time, 5d) the sender is configured to give a message up.")
      ->type_name("DURATION");
}

void check_declarations(const RunOptions& options) {
  if (options.tls && options.tls_policy == "none")
    throw UsageError("--tls-policy none and --tls exclude each other");
  if (options.queue_lifetime.empty()) return;
  const auto lifetime = scenario::parse_duration(options.queue_lifetime);
  if (!lifetime || *lifetime <= Duration::zero())
    throw UsageError("--queue-lifetime " + options.queue_lifetime +
                     " is not a valid duration; allowed: 36h, 5d");
}

std::string declared_without(const RunOptions& options) {
  const std::set<std::string> words(options.without.begin(), options.without.end());
  return joined(std::vector<std::string>(words.begin(), words.end()), " ");
}

} // namespace tempfail::cli
