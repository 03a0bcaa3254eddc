// The options that declare what the sender is and what features it lacks.
#include "cli/declarations.hpp"

#include "cli/allowed.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/run_options.hpp"
#include "cli/text.hpp"

#include <set>

namespace tempfail::cli {

/// What a sender may do without: extensions by their EHLO keyword in lower case, and looking up MX records.
const std::vector<std::string>& declarable_features() {
  static const std::vector<std::string> all = {"8bitmime", "auth", "dsn", "mx", "smtputf8"};
  return all;
}

void add_declarations(CLI::App& parser, RunOptions& options) {
  parser
      .add_option(
          "--tls-policy", options.tls_policy,
          "How the sender is configured for TLS: it never uses TLS (none), uses it when offered "
          "(opportunistic), requires it (required), or requires it with a valid certificate "
          "(verified). Each policy has its own expectations.")
      ->type_name("none|opportunistic|required|verified")
      ->check(one_of({"none", "opportunistic", "required", "verified"}))
      ->default_str("opportunistic");
  parser
      .add_option("--role", options.role,
                  "The kind of sender: queueing (keeps a message and retries) or one-shot (tries "
                  "once and reports to its caller). A one-shot sender is not expected to retry.")
      ->type_name("queueing|one-shot")
      ->check(one_of({"queueing", "one-shot"}));
  parser
      .add_option("--without", options.without,
                  "Features that the sender does not support, separated by commas: " +
                      joined(declarable_features(), ", ") +
                      ". Nothing is expected that needs one of them.")
      ->type_name("LIST")
      ->delimiter(',')
      ->check(one_of(declarable_features()));
  parser.add_flag("--scaled-timeouts", options.scaled_timeouts,
                  "The sender divides its timeouts by the time scale, too, and not only its retry "
                  "intervals. Its timeouts are then judged in protocol time.");
  parser
      .add_option("--queue-lifetime", options.queue_lifetime,
                  "The sender's queue lifetime: the time after which it gives up on a message "
                  "(protocol time, such as 5d). Scenarios about giving up are watched until then.")
      ->type_name("DURATION");
}

void check_declarations(const RunOptions& options) {
  if (options.tls && options.tls_policy == "none")
    throw UsageError("--tls-policy none and --tls can't be combined");
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
