// What comes back to the sender: delivery status notifications, and whether they are true.
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace tempfail::verdict {
namespace {

using scenario::Level;

bool equal(std::string_view a, std::string_view b) {
  return lower(a) == lower(b);
}

/// The notification came to the sender of this message, as far as can be told.
bool is_about(const Message& message, const Transaction& notification) {
  return notification.names(message.sender);
}

/// Whether a notification tells this action of a recipient that the rule speaks of.
bool says(const Case& observed, const journal::event::Content& content, std::string_view action) {
  if (content.reports.empty()) return true; // a text for people: nobody can tell
  return std::any_of(content.reports.begin(), content.reports.end(), [&](const auto& report) {
    return equal(report.action, action) && observed.is_asked_of(lower(report.recipient));
  });
}

std::string told(const journal::event::Content& content) {
  if (content.reports.empty()) return "notification accepted: its action is not known";
  std::string text = "notification accepted:";
  for (const journal::event::Report& report :
       content.reports.first(std::min<std::size_t>(content.reports.size(), 3)))
    text += " " + std::string(report.recipient) + " " + std::string(report.action) + " " +
            std::string(report.status);
  return text;
}

/// How many recipients of a message did not get it, each of whom may be reported by itself; at least one.
std::size_t failed_deliveries(const Case& observed, const Message& message) {
  const auto failed =
      std::count_if(message.deliveries.begin(), message.deliveries.end(), [&](const Delivery& it) {
        return it.accepted_count() == 0 && observed.is_asked_of(it.recipient);
      });
  return std::max<std::size_t>(static_cast<std::size_t>(failed), 1);
}

/// Refused for good, and never accepted: somebody has to be told.
const Try* refused_for_good(const Case& observed, const Message& message) {
  for (const Delivery& delivery : message.deliveries)
    if (delivery.accepted_count() == 0 && observed.is_asked_of(delivery.recipient))
      for (const Try& attempt : delivery.tries)
        if (attempt.result == Result::permanent) return &attempt;
  return nullptr;
}

struct Came {
  std::vector<Evidence> right;
  std::vector<Evidence> from_somebody; ///< and not from <>
  std::string others;                  ///< the action of those of another kind
};

Came came_for(const Case& observed, const Message& message, std::string_view word) {
  Came came;
  for (const Transaction* notification : observed.notifications) {
    if (!is_about(message, *notification)) continue;
    if (!notification->sender.empty()) {
      came.from_somebody.push_back(evidence(*notification->mail));
      continue;
    }
    const auto* content = notification->facts();
    if (notification->accepted == nullptr || content == nullptr) continue;
    if (says(observed, *content, word))
      came.right.push_back(evidence(*notification->accepted, told(*content)));
    else
      came.others = content->reports.front().action;
  }
  return came;
}

/// Why it can't be said that no notification was sent; nothing: it would have been seen, or nobody is left to send it.
std::string hidden_why(const Case& observed) {
  const bool reach_us = observed.run != nullptr && observed.run->notifications_come;
  const bool any_came =
      std::any_of(observed.notifications.begin(), observed.notifications.end(),
                  [](const Transaction* one) { return one->accepted != nullptr; });
  if (reach_us || any_came) return {};
  return "it is not known whether notifications reach this server: route the sender's own domain "
         "here, and "
         "say --return-to";
}

Check notified(const Case& observed, const scenario::Expectation* expectation) {
  const std::string word =
      expectation == nullptr ? std::string("failed") : std::get<std::string>(expectation->value);
  const std::string expected = "a notification: " + word;
  Failures failures;
  Check check;
  std::string open;
  for (const Message& message : observed.messages) {
    const Try* const refusal = refused_for_good(observed, message);
    const Came came = came_for(observed, message, word);
    if (!came.from_somebody.empty())
      failures.add("a notification came from an address that can be answered, not from <>", {},
                   came.from_somebody);
    if (!came.right.empty()) {
      const std::string actual = std::to_string(came.right.size()) + " came back";
      if (word == "failed" && came.right.size() > failed_deliveries(observed, message))
        failures.add(actual, "one for each recipient is enough", came.right);
      else
        check = Check::pass(actual, came.right);
      continue;
    }
    if (message.sender.empty() || (expectation == nullptr && refusal == nullptr)) continue;
    if (observed.caller_was_told(message)) {
      if (check.outcome == Outcome::not_applicable)
        check =
            Check::unseen("the command ended with a status that told its caller of the failure");
      continue;
    }
    std::vector<Evidence> shown;
    if (refusal != nullptr) shown.push_back(evidence(observed, *refusal));
    const std::string none = came.others.empty()
                                 ? "no notification came back"
                                 : "only notifications of another kind came: " + came.others;
    const auto* const end = observed.process_end(message);
    const bool claims = end != nullptr && end->exit_code == 0 && !end->queue &&
                        end->ended == journal::event::ProcessEnd::itself;
    if (claims) {
      failures.add("the command ended with status 0 although the server refused for good, and " +
                       none,
                   {}, shown);
    } else if (observed.is_without("dsn")) {
      if (check.outcome == Outcome::not_applicable)
        check = Check::unseen("the sender does not claim to send notifications");
    } else if (const std::string why = hidden_why(observed);
               !why.empty() || observed.ended_by_us() != nullptr) {
      open = none + "; " + (why.empty() ? "the sender was ended first" : why);
    } else if (observed.under_test() || expectation != nullptr) {
      failures.add(none, {}, shown);
    }
  }
  if (!failures.empty()) return failures.check().expecting(expected);
  if (!open.empty() && check.outcome == Outcome::not_applicable)
    return (expectation == nullptr && !observed.under_test() ? Check{} : Check::open(open))
        .expecting(expected);
  return check.expecting(expected);
}

/// The enhanced status code of a reply (RFC 2034); empty: it has none.
std::string_view enhanced(std::string_view reply) {
  if (reply.size() < 9 || (reply[3] != ' ' && reply[3] != '-')) return {};
  reply.remove_prefix(4);
  const std::size_t end = std::min(reply.find_first_of(" \r\n"), reply.size());
  reply = reply.substr(0, end);
  const bool fits = reply.size() >= 5 && (reply[0] == '4' || reply[0] == '5') && reply[1] == '.' &&
                    std::all_of(reply.begin(), reply.end(), [](char c) {
                      return c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0;
                    });
  return fits ? reply : std::string_view();
}

/// What is wrong with a status; empty: nothing. A general one (x.0.0, a subject with detail 0) is right, and after a
/// give-up those that say so (RFC 3464 section 2.3.3).
std::string wrong_with(const journal::event::Report& report, const Try* last) {
  const std::string_view status = report.status;
  if (status.size() < 5) return {};
  const bool failed = equal(report.action, "failed");
  if (status[0] == '2' && (failed || equal(report.action, "delayed")))
    return "status " + std::string(status) + " speaks of success";
  if (status[0] == '5' && equal(report.action, "delayed"))
    return "status " + std::string(status) + " is permanent, and the message only delayed";
  const auto* exchange = last == nullptr ? nullptr : as_exchange(last->event);
  const std::string_view said =
      exchange == nullptr ? std::string_view() : enhanced(exchange->reply);
  if (said.empty() || !failed || status.ends_with(".0")) return {};
  const bool gave_up = is_temporary(last->result);
  const std::string_view detail = status.substr(1);
  if (detail == said.substr(1) || (gave_up && (status[0] == '4' || detail == ".4.7"))) return {};
  return "status " + std::string(status) + " is not what the server said: " + std::string(said);
}

Check truthful(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::size_t looked_at = 0;
  for (const Transaction* notification : observed.notifications) {
    const auto* content = notification->facts();
    if (content == nullptr) continue;
    for (const journal::event::Report& report : content->reports) {
      ++looked_at;
      const std::vector<Evidence> shown = {
          evidence(*notification->content, "notification: " + std::string(report.recipient) + " " +
                                               std::string(report.action) + " " +
                                               std::string(report.status))};
      const Delivery* about = nullptr;
      for (const Message& message : observed.messages)
        if (is_about(message, *notification))
          for (const Delivery& delivery : message.deliveries)
            if (equal(delivery.recipient, report.recipient)) about = &delivery;
      if (about == nullptr) {
        if (observed.is_told())
          failures.add("a notification speaks of " + std::string(report.recipient) +
                           ", to whom nothing was sent",
                       {}, shown);
        continue;
      }
      const auto told_before = [&](const Try& attempt) {
        return attempt.result == Result::accepted && !attempt.reply_lost &&
               attempt.end <= notification->begin;
      };
      if (equal(report.action, "failed") &&
          std::any_of(about->tries.begin(), about->tries.end(), told_before)) {
        failures.add(about->recipient + " is said to have failed, and was accepted", {}, shown);
        continue;
      }
      const Try* last = nullptr;
      for (const Try& attempt : about->tries)
        if (attempt.end <= notification->begin || last == nullptr) last = &attempt;
      if (const std::string wrong = wrong_with(report, last); !wrong.empty())
        failures.add("a notification's " + wrong, {}, shown);
    }
  }
  if (!failures.empty()) return failures.check();
  return looked_at == 0 ? Check{} : Check::pass("what the notifications say is so");
}

constexpr std::array rules_of_this_file = {
    Rule{{"notified", "A delivery status notification comes back to the sender's address, from <>.",
          "RFC 5321 section 6.1 and section 3.6.3; the format: RFC 3464", Keyword::must,
          Level::must, true},
         notified},
    Rule{{"true-notification", "A notification says what happened: to whom, and with what status.",
          "RFC 3464 section 2.3", Keyword::stated, Level::must, true,
          "people and programs act on what a notification says"},
         truthful},
};

} // namespace

std::span<const Rule> notification_rules() {
  return rules_of_this_file;
}

} // namespace tempfail::verdict
