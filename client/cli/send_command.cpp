// `send`: delivers one message, waits until every recipient is settled, and says how it went.
#include "base/printable.hpp"
#include "client/base/text.hpp"
#include "client/cli/command.hpp"
#include "client/cli/message_options.hpp"
#include "client/cli/queue_options.hpp"
#include "client/cli/sending_options.hpp"
#include "client/stats/log.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace tempfail::client {
namespace {

struct SendOptions {
  SendingOptions sending{};
  MessageOptions message{};
  std::string policy{};
  std::string give_up{};
  bool once = false;
  bool quiet = false;
  bool json = false;
  bool log = false;
};

/// Shows each try as it ends, on standard error.
class Progress final : public RunnerObserver {
 public:
  Progress(const Clock& clock, bool quiet) : clock_(clock), quiet_(quiet) {}

  void try_ended(const QueuedMessage& message, const QueuedRecipient& recipient,
                 const TryRecord& record, RecipientState state, Moment next) override {
    if (quiet_) return;
    const RecipientResult& result = record.result;
    std::cerr << (message.notification ? "notification to " : "")
              << base::printable(recipient.recipient.address) << ": try "
              << recipient.retry.tries + 1 << ": ";
    if (result.replied && result.code != 0) {
      std::cerr << result.code << ' ' << base::printable(result.text);
    } else {
      std::cerr << result.status.text() << ' ' << name(result.failure) << " at "
                << name(result.stage)
                << (result.text.empty() ? "" : ": " + base::printable(result.text));
    }
    if (!result.host.empty()) std::cerr << " [" << base::printable(result.host) << ']';
    if (state == RecipientState::delivered) {
      std::cerr << "; delivered\n";
    } else if (state == RecipientState::waiting) {
      std::cerr << "; next try in " << approximate(next - clock_.now()) << " (rule " << record.rule
                << ", " << to_rfc3339(clock_.time_of_day(next)) << ")\n";
    } else {
      std::cerr << "; " << name(state) << " (" << record.decision << ")\n";
    }
  }
  void postponed(const QueuedRecipient& recipient, Moment until) override {
    if (quiet_) return;
    std::cerr << base::printable(recipient.recipient.address)
              << ": the host is suspended; next try in " << approximate(until - clock_.now())
              << '\n';
  }

 private:
  const Clock& clock_;
  bool quiet_;
};

/// sysexits.h's word for how a recipient ended.
int exit_code_of(const QueuedRecipient& recipient) {
  if (recipient.state == RecipientState::delivered) return exit_ok;
  if (recipient.state != RecipientState::failed || !recipient.last) return exit_temporary;
  if (recipient.last->fate != Fate::permanent) return exit_temporary;
  const Status& status = recipient.last->status;
  if (recipient.last->failure == Failure::dns_nxdomain ||
      recipient.last->failure == Failure::dns_null_mx) {
    return exit_no_host;
  }
  if (status.subject == 1 && status.detail == 1) return exit_no_user;
  if (status.subject == 7) return exit_no_permission;
  return exit_unavailable;
}

void print_results(const std::vector<QueuedRecipient>& recipients) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const QueuedRecipient& recipient : recipients) {
    nlohmann::ordered_json entry{{"address", recipient.recipient.address},
                                 {"state", name(recipient.state)},
                                 {"tries", recipient.retry.tries},
                                 {"in_doubt", recipient.in_doubt}};
    if (recipient.last) {
      entry["status"] = recipient.last->status.text();
      entry["code"] = recipient.last->code;
      entry["text"] = recipient.last->text;
      entry["failure"] = name(recipient.last->failure);
      entry["host"] = recipient.last->host;
    }
    json.push_back(std::move(entry));
  }
  std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

Policy policy_for(const SendOptions& options) {
  Policy policy = read_policy_file(options.policy);
  if (!options.give_up.empty()) {
    const auto duration = parse_duration(options.give_up);
    if (!duration)
      throw CommandError(exit_usage, "--give-up: '" + options.give_up +
                                         "' is not a valid duration; allowed: 30m, 5d");
    policy.give_up_after = *duration;
  }
  policy.once = options.once;
  return policy;
}

/// FNV-1a of what tells one message from another: its Message-ID field and its recipients.
std::uint64_t hash_of(const MessageOptions& message, const Submission& submission) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&hash](std::string_view text) {
    for (const char letter : text) {
      hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    }
  };
  const std::string& content = *submission.content;
  const auto field = content.find("Message-ID:");
  if (field != std::string::npos)
    add(std::string_view{content}.substr(field, content.find('\r', field) - field));
  for (const std::string& recipient : message.recipients)
    add(recipient);
  return hash;
}

/// A log of the kind that was asked for, or progress for people.
class SendOutput {
 public:
  explicit SendOutput(const SendOptions& options) : options_(options) {}

  std::unique_ptr<RunnerObserver> observer(const Clock& clock) {
    if (!options_.log) return std::make_unique<Progress>(clock, options_.quiet);
    auto log = std::make_unique<Log>(
        clock, LogFormat::json, [](std::string_view line) { std::cerr << line << std::flush; });
    log_ = log.get();
    return log;
  }

  /// Says of what is not settled that nobody will see to it any more. No progress, so never left out.
  void interrupted(const std::vector<QueuedRecipient>& recipients) {
    for (const QueuedRecipient& recipient : recipients) {
      if (settled(recipient.state)) continue;
      const bool doubtful = recipient.state == RecipientState::committing ||
                            (recipient.last && recipient.last->in_doubt);
      const std::string what = base::printable(recipient.recipient.address) +
                               (doubtful ? " may or may not have been" : " was not") +
                               " delivered, and is not kept in a queue (enqueue does that)";
      if (log_ != nullptr) {
        log_->note("interrupted", what);
      } else {
        std::cerr << "tempfail-send: interrupted: " << what << '\n';
      }
    }
  }

 private:
  const SendOptions& options_;
  Log* log_ = nullptr; ///< the observer, while there is one
};

int send(SendOptions& options) {
  const Submission submission = read_submission(options.message);
  options.sending.policy = policy_for(options);
  // Messages that are sent with the same seed must not all come back at the same moment.
  if (options.sending.seed != 0) options.sending.seed ^= hash_of(options.message, submission);
  Queue queue{{}};
  const Moment now =
      clock_origin(queue, options.sending.time_scale).protocol_at(read_time_of_day());
  const MessageId id = queue.accept(submission, now);
  SendOutput output{options};
  options.sending.abandoned = [&] { output.interrupted(queue.recipients(id)); };
  Sending sending{queue, options.sending,
                  [&](const Clock& clock) { return output.observer(clock); }};
  const bool to_the_end = sending.run();
  const auto recipients = queue.recipients(id);
  if (!to_the_end) output.interrupted(recipients);
  if (options.json) print_results(recipients);
  // The worst there is: what is gone for good tells more than what may still be tried.
  int code = exit_ok;
  for (const QueuedRecipient& recipient : recipients) {
    const int one = exit_code_of(recipient);
    if (one != exit_ok && (code == exit_ok || code == exit_temporary)) code = one;
  }
  return code;
}

} // namespace

void add_send_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<SendOptions>();
  options->sending.notifications = false;
  CLI::App* command = app.add_subcommand(
      "send", "Delivers a message, retries as the policy says, and waits for the final result");
  add_message_options(*command, options->message);
  command->add_option("--give-up", options->give_up, "Queue lifetime instead of the policy's")
      ->type_name("DURATION");
  command->add_flag("--once", options->once, "Make only one try");
  command->add_flag(
      "--notifications", options->sending.notifications,
      "Also mail delivery status notifications to the sender, instead of only printing them");
  command->add_flag("-q,--quiet", options->quiet, "Print no progress");
  command->add_flag("--json", options->json,
                    "Print the result of each recipient as JSON on standard output");
  command->add_flag("--log", options->log,
                    "Print a structured log (JSON lines) on standard error instead of progress");
  add_sending_options(*command, options->sending, options->policy);
  command->footer("Exit status: 0 all delivered, 75 not delivered in time, 67 no such user, 68 no "
                  "such host, 77 rejected by policy, 69 rejected for another reason.");
  command->callback([options, &exit_code] { exit_code = send(*options); });
}

} // namespace tempfail::client
