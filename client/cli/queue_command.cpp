// `queue`: looks into the queue and changes it by hand.
#include "base/printable.hpp"
#include "client/base/text.hpp"
#include "client/cli/command.hpp"
#include "client/cli/queue_options.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>

namespace tempfail::client {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t max_listed = 100'000;

struct QueueOptions {
  std::filesystem::path folder{};
  bool json = false;
  bool all = false;
  std::vector<MessageId> ids{};
};

/// A queue, its time, and where its moments are on the calendar.
struct View {
  explicit View(const QueueOptions& options)
      : queue(open_existing_queue(options.folder)), origin(clock_origin(*queue, std::nullopt)),
        now(origin.protocol_at(read_time_of_day())) {}
  std::string date(Moment at) const { return to_rfc3339(origin.day_time_at(at)); }

  std::unique_ptr<Queue> queue;
  ClockOrigin origin;
  Moment now;
};

std::string in_time(Moment at, Moment now) {
  return at <= now ? "now" : "in " + approximate(at - now);
}

std::string outcome(const RecipientResult& result) {
  if (result.replied && result.code != 0) return std::to_string(result.code) + ' ' + result.text;
  return result.status.text() + ' ' + std::string{name(result.failure)} +
         (result.text.empty() ? "" : ": " + result.text);
}

Json message_as_json(const View& view, const QueuedMessage& message) {
  Json json{{"id", message.id},
            {"sender", message.sender},
            {"size", message.size_bytes},
            {"notification", message.notification},
            {"accepted", view.date(message.accepted)}};
  if (message.finished) json["finished"] = view.date(*message.finished);
  return json;
}

Json recipient_as_json(const View& view, const QueuedRecipient& recipient) {
  Json json{{"address", recipient.recipient.address},
            {"state", name(recipient.state)},
            {"tries", recipient.retry.tries},
            {"in_doubt", recipient.in_doubt}};
  if (recipient.state == RecipientState::waiting) {
    json["next_try"] = view.date(recipient.next_try);
    json["next_try_in_s"] =
        static_cast<double>(std::max(Duration{}, recipient.next_try - view.now).count()) / 1e6;
  }
  if (recipient.last) {
    json["last"] = {
        {"fate", name(recipient.last->fate)},   {"failure", name(recipient.last->failure)},
        {"stage", name(recipient.last->stage)}, {"status", recipient.last->status.text()},
        {"code", recipient.last->code},         {"text", recipient.last->text},
        {"host", recipient.last->host},         {"address", recipient.last->address},
        {"in_doubt", recipient.last->in_doubt}, {"at", view.date(recipient.last_ended)}};
  }
  return json;
}

void print(const Json& json) {
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void list(const QueueOptions& options) {
  View view{options};
  const auto messages = view.queue->messages(options.all, max_listed);
  Json json = Json::array();
  if (!options.json) {
    std::cout << std::left << std::setw(8) << "MESSAGE" << std::setw(9) << "AGE" << std::setw(11)
              << "STATE" << std::setw(7) << "TRIES" << std::setw(12) << "NEXT" << std::setw(30)
              << "RECIPIENT"
              << "LAST\n";
  }
  for (const QueuedMessage& message : messages) {
    Json entry = message_as_json(view, message);
    entry["recipients"] = Json::array();
    for (const QueuedRecipient& recipient : view.queue->recipients(message.id)) {
      if (options.json) {
        entry["recipients"].push_back(recipient_as_json(view, recipient));
        continue;
      }
      const bool waits = recipient.state == RecipientState::waiting;
      const Duration age = std::max(view.now - message.accepted, Duration::zero());
      std::cout << std::setw(8) << message.id << std::setw(8) << approximate(age) << ' '
                << std::setw(11) << name(recipient.state) << std::setw(7) << recipient.retry.tries
                << std::setw(12) << (waits ? in_time(recipient.next_try, view.now) : "-")
                << std::setw(30) << base::printable(recipient.recipient.address) << ' '
                << (recipient.last ? base::printable(outcome(*recipient.last)).substr(0, 100) : "-")
                << '\n';
    }
    json.push_back(std::move(entry));
  }
  if (options.json) return print(json);
  if (messages.empty()) std::cout << "The queue is empty.\n";
}

void show_tries(View& view, const QueuedRecipient& recipient, Json& json) {
  json["history"] = Json::array();
  for (const TryRecord& record : view.queue->tries(recipient.id)) {
    json["history"].push_back({{"began", view.date(record.began)},
                               {"ended", view.date(record.ended)},
                               {"fate", name(record.result.fate)},
                               {"failure", name(record.result.failure)},
                               {"stage", name(record.result.stage)},
                               {"status", record.result.status.text()},
                               {"code", record.result.code},
                               {"text", record.result.text},
                               {"host", record.result.host},
                               {"address", record.result.address},
                               {"in_doubt", record.result.in_doubt},
                               {"rule", record.rule},
                               {"decision", record.decision}});
  }
}

void show_one(View& view, MessageId id, const QueueOptions& options, Json& all) {
  const auto message = view.queue->message(id);
  if (!message)
    throw CommandError(exit_no_input,
                       "there is no message " + std::to_string(id) + " in the queue");
  Json json = message_as_json(view, *message);
  json["recipients"] = Json::array();
  if (!options.json) {
    std::cout << "Message " << message->id << (message->notification ? " (a notification)" : "")
              << " from <" << base::printable(message->sender) << ">, " << message->size_bytes
              << " bytes, accepted " << view.date(message->accepted) << ", age "
              << approximate(view.now - message->accepted)
              << (message->finished ? ", finished " + view.date(*message->finished) : "") << '\n';
  }
  for (const QueuedRecipient& recipient : view.queue->recipients(id)) {
    Json entry = recipient_as_json(view, recipient);
    show_tries(view, recipient, entry);
    json["recipients"].push_back(entry);
    if (options.json) continue;
    std::cout << "\n  " << base::printable(recipient.recipient.address) << ": "
              << name(recipient.state);
    if (recipient.state == RecipientState::waiting)
      std::cout << ", next try " << in_time(recipient.next_try, view.now);
    if (recipient.in_doubt != 0)
      std::cout << ", " << recipient.in_doubt << " of the tries in doubt";
    std::cout << '\n';
    for (const TryRecord& record : view.queue->tries(recipient.id)) {
      std::cout << "    " << view.date(record.ended) << "  "
                << (record.result.fate == Fate::delivered ? "delivered: " : "")
                << base::printable(outcome(record.result))
                << (record.result.host.empty() ? ""
                                               : " [" + base::printable(record.result.host) + ']')
                << (record.result.in_doubt ? " (in doubt)" : "")
                << (record.decision.empty() ? "" : "\n      " + record.decision) << '\n';
    }
  }
  all.push_back(std::move(json));
}

void show(const QueueOptions& options) {
  View view{options};
  Json all = Json::array();
  for (const MessageId id : options.ids)
    show_one(view, id, options, all);
  if (options.json) print(all);
}

/// Applies `change` to the named messages, or to all. How many recipients it concerned.
template <typename Change>
std::size_t change(const QueueOptions& options, Change apply) {
  if (options.ids.empty() && !options.all)
    throw CommandError(exit_usage, "name messages, or say --all");
  View view{options};
  auto ids = options.ids;
  if (options.all) {
    ids.clear();
    for (const QueuedMessage& message : view.queue->messages(false, max_listed))
      ids.push_back(message.id);
  }
  std::size_t count = 0;
  for (const MessageId id : ids) {
    if (!view.queue->message(id)) {
      throw CommandError(exit_no_input,
                         "there is no message " + std::to_string(id) + " in the queue");
    }
    count += apply(*view.queue, id, view.now);
  }
  view.queue->announce();
  return count;
}

std::string recipients(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " recipient" : " recipients");
}

void retry(const QueueOptions& options) {
  const auto count = change(
      options, [](Queue& queue, MessageId id, Moment now) { return queue.retry_now(id, now); });
  std::cout << recipients(count) << (count == 1 ? " is" : " are") << " due now\n";
}

void remove(const QueueOptions& options) {
  const auto count =
      change(options, [](Queue& queue, MessageId id, Moment now) { return queue.remove(id, now); });
  std::cout << recipients(count) << " removed\n";
}

} // namespace

void add_queue_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<QueueOptions>();
  CLI::App* queue = app.add_subcommand("queue", "Shows and edits the queue");
  queue->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, void (*action)(const QueueOptions&)) {
    CLI::App* command = queue->add_subcommand(name, help);
    add_queue_option(*command, options->folder);
    command->callback([options, action, &exit_code] {
      action(*options);
      exit_code = exit_ok;
    });
    return command;
  };
  CLI::App* list_command =
      add("list", "Lists the messages with their recipients, tries and time of the next try", list);
  list_command->add_flag("--all", options->all, "List finished messages, too");
  list_command->add_flag("--json", options->json, "Print JSON instead of text");
  CLI::App* show_command = add("show", "Shows messages with the history of their tries", show);
  show_command->add_option("MESSAGE", options->ids, "Message numbers, as `list` prints them")
      ->required();
  show_command->add_flag("--json", options->json, "Print JSON instead of text");
  CLI::App* retry_command = add("retry", "Retries waiting and held recipients immediately", retry);
  retry_command->add_option("MESSAGE", options->ids, "Message numbers, as `list` prints them");
  retry_command->add_flag("--all", options->all, "All messages");
  CLI::App* remove_command =
      add("remove",
          "Removes messages without a notification to the sender; a running try is not stopped",
          remove);
  remove_command->add_option("MESSAGE", options->ids, "Message numbers, as `list` prints them");
  remove_command->add_flag("--all", options->all, "All messages");
}

} // namespace tempfail::client
