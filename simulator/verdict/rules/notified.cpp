// What comes back to the sender: delivery status notifications, and whether they are true.
#include "verdict/notifications.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

namespace tempfail::verdict {
namespace {

using scenario::Level;

bool equal(std::string_view a, std::string_view b) {
  return lower(a) == lower(b);
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

/// What came to the sender of a message and was about it.
struct Came {
  std::vector<Evidence> right;
  std::vector<Evidence> from_somebody; ///< and not from <>
  std::string others;                  ///< the action of those of another kind
};

enum class Kind : std::uint8_t { right, from_somebody, other, none };

/// What a notification is as an answer to "was the sender told `word`?"; none: it was not accepted.
Kind kind_of(const Case& observed, const Transaction& notification, std::string_view word) {
  if (!notification.sender.empty()) return Kind::from_somebody;
  const auto* content = notification.facts();
  if (notification.accepted == nullptr || content == nullptr) return Kind::none;
  return says(observed, *content, word) ? Kind::right : Kind::other;
}

/// The deliveries that a notification to this address may be about: to a recipient that it names, else any of that
/// sender's; those that failed, if any did. Null: the address sent nothing.
const std::vector<Subject>* subjects_of(const SubjectIndex& index, const Transaction& notification,
                                        std::string_view address) {
  const Subjects* found = nullptr;
  if (const auto* content = notification.facts())
    for (const journal::event::Report& report : content->reports)
      if (found == nullptr) found = index.find(address, report.recipient);
  if (found == nullptr) found = index.find(address);
  if (found == nullptr) return nullptr;
  return found->failed.empty() ? &found->all : &found->failed;
}

/// What came for each message. Each notification is about one of them; of several that it may be about, each has its
/// turn.
std::vector<Came> came_for_each(const Case& observed, std::string_view word) {
  std::vector<Came> came(observed.messages.size());
  const SubjectIndex index(observed);
  std::map<std::pair<const std::vector<Subject>*, Kind>, std::size_t> turns;
  for (const Transaction* notification : observed.notifications) {
    const Kind kind = kind_of(observed, *notification, word);
    std::set<std::string_view> addresses;
    for (const RecipientReply& to : notification->recipients) {
      if (!addresses.insert(to.address).second) continue;
      const auto* subjects = subjects_of(index, *notification, to.address);
      if (subjects == nullptr) continue;
      const std::size_t turn = turns[{subjects, kind}]++ % subjects->size();
      Came& of_message = came[(*subjects)[turn].message];
      const auto* content = notification->facts();
      switch (kind) {
      case Kind::right:
        of_message.right.push_back(evidence(*notification->accepted, told(*content)));
        break;
      case Kind::from_somebody:
        of_message.from_somebody.push_back(evidence(*notification->mail));
        break;
      case Kind::other: of_message.others = content->reports.front().action; break;
      case Kind::none: break;
      }
    }
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
  const std::vector<Came> came_for = came_for_each(observed, word);
  for (std::size_t i = 0; i < observed.messages.size(); ++i) {
    const Message& message = observed.messages[i];
    const Came& came = came_for[i];
    const Try* const refusal = refused_for_good(observed, message);
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
      failures.add(std::string("the command ended with status 0 although ") +
                       (refusal == nullptr ? "the message was not delivered"
                                           : "the server refused for good") +
                       ", and " + none,
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
    return "a notification's status " + std::string(status) + " speaks of success";
  if (status[0] == '5' && equal(report.action, "delayed"))
    return "a notification's status " + std::string(status) +
           " is permanent, and the message only delayed";
  const auto* exchange = last == nullptr ? nullptr : as_exchange(last->event);
  const std::string_view said =
      exchange == nullptr ? std::string_view() : enhanced(exchange->reply);
  if (said.empty() || !failed || status.ends_with(".0")) return {};
  const bool gave_up = is_temporary(last->result);
  const std::string_view detail = status.substr(1);
  if (detail == said.substr(1) || (gave_up && (status[0] == '4' || detail == ".4.7"))) return {};
  return "a notification's status " + std::string(status) +
         " is not what the server said: " + std::string(said);
}

/// What is wrong with a report, if it is about this delivery; empty: nothing.
std::string wrong_about(const Delivery& delivery, const journal::event::Report& report,
                        Moment told_at) {
  const auto accepted_before = [told_at](const Try& attempt) {
    return attempt.result == Result::accepted && !attempt.reply_lost && attempt.end <= told_at;
  };
  if (equal(report.action, "failed") &&
      std::any_of(delivery.tries.begin(), delivery.tries.end(), accepted_before))
    return delivery.recipient + " is said to have failed, and was accepted";
  const Try* last = nullptr;
  for (const Try& attempt : delivery.tries)
    if (attempt.end <= told_at || last == nullptr) last = &attempt;
  return wrong_with(report, last);
}

/// Compares a report with the deliveries that it may be about: what is true of one of them is true. Notifications come
/// about in the order of the messages, so of many only those around the next one are looked at; what is true of none of
/// these may be of another.
std::string wrong_about(const std::vector<Subject>& subjects, std::size_t next,
                        const journal::event::Report& report, Moment told_at) {
  constexpr std::size_t around = 32;
  const std::size_t first = next < around ? 0 : next - around;
  std::string wrong;
  for (std::size_t i = 0; i < std::min(2 * around, subjects.size()); ++i) {
    const Delivery& delivery = *subjects[(first + i) % subjects.size()].delivery;
    const std::string here = wrong_about(delivery, report, told_at);
    if (here.empty()) return here;
    if (wrong.empty()) wrong = here;
  }
  return subjects.size() <= 2 * around ? wrong : wrong_with(report, nullptr);
}

Check truthful(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::size_t looked_at = 0;
  const SubjectIndex index(observed);
  std::map<const Subjects*, std::size_t> turns;
  for (const Transaction* notification : observed.notifications) {
    const auto* content = notification->facts();
    if (content == nullptr) continue;
    for (const journal::event::Report& report : content->reports) {
      ++looked_at;
      const Subjects* about = nullptr;
      for (const RecipientReply& to : notification->recipients)
        if (const Subjects* found = index.find(to.address, report.recipient)) about = found;
      const auto shown = [&] {
        return std::vector<Evidence>{
            evidence(*notification->content, "notification: " + std::string(report.recipient) +
                                                 " " + std::string(report.action) + " " +
                                                 std::string(report.status))};
      };
      if (about == nullptr) {
        if (observed.is_told())
          failures.add("a notification speaks of " + std::string(report.recipient) +
                           ", to whom nothing was sent",
                       {}, shown());
        continue;
      }
      if (const std::string wrong =
              wrong_about(about->all, turns[about]++, report, notification->begin);
          !wrong.empty())
        failures.add(wrong, {}, shown());
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
