// What the authors of messages were told.
#include "verdict/told_of.hpp"

#include "base/ascii.hpp"
#include "verdict/notifications.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace tempfail::verdict {
namespace {

/// Whether a notification tells this action of a recipient that the rule speaks of.
bool says(const Case& observed, const journal::event::Content& content, std::string_view action) {
  if (content.reports.empty() || action == "never")
    return true; // a text for people: nobody can tell
  return std::any_of(content.reports.begin(), content.reports.end(), [&](const auto& report) {
    return base::equal_ignoring_case(report.action, action) &&
           observed.is_recipient_asked_of(comparable(report.recipient));
  });
}

enum class Kind : std::uint8_t { right, from_somebody, other, none };

/// What a notification is as an answer to "was the sender told `word`?"; none: it was not accepted.
Kind kind_of(const Case& observed, const Transaction& notification, std::string_view word) {
  if (!notification.sender.empty()) return Kind::from_somebody;
  const auto* content = notification.facts();
  if (notification.accepted == nullptr || content == nullptr || says_nothing(*content))
    return Kind::none;
  return says(observed, *content, word) ? Kind::right : Kind::other;
}

/// Those few that may be meant: who failed, if anybody did.
const std::vector<ReportedDelivery>& likely_of(const ReportedDeliveries& found) {
  return found.failed.empty() ? found.all : found.failed;
}

/// The deliveries that a notification to this address may be about: to a recipient that it names, else any of that
/// sender's; those that failed, if any did. Null: the address sent nothing.
const std::vector<ReportedDelivery>* subjects_of(const ReportedDeliveryIndex& index,
                                                 const Transaction& notification,
                                                 std::string_view address) {
  const ReportedDeliveries* found = nullptr;
  if (const auto* content = notification.facts())
    for (const journal::event::RecipientReport& report : content->reports)
      if (found == nullptr) found = index.find(address, report.recipient);
  if (found == nullptr) found = index.find(address);
  if (found == nullptr) return nullptr;
  return &likely_of(*found);
}

/// Reads of whom notifications tell an action.
class Names {
 public:
  Names(const Case& observed, const ReportedDeliveryIndex& index, std::string_view word)
      : observed_(observed), index_(index), word_(word) {}

  /// `of_message`: the one that it is about where it names nobody who is known.
  void read(const journal::event::Content& content, std::string_view address, Came& of_message,
            std::vector<Came>& came) {
    for (const journal::event::RecipientReport& report : content.reports) {
      if (!base::equal_ignoring_case(report.action, word_) ||
          !observed_.is_recipient_asked_of(comparable(report.recipient)))
        continue;
      const ReportedDeliveries* const found = index_.find(address, report.recipient);
      if (found == nullptr) {
        ++of_message.unknown;
        continue;
      }
      const std::vector<ReportedDelivery>& subjects = likely_of(*found);
      const ReportedDelivery& subject = subjects[turns_[&subjects]++ % subjects.size()];
      came[subject.message].named.insert(subject.delivery->recipient);
    }
  }

 private:
  const Case& observed_;
  const ReportedDeliveryIndex& index_;
  std::string_view word_;
  std::map<const std::vector<ReportedDelivery>*, std::size_t> turns_;
};

} // namespace

std::vector<const Delivery*> Came::left_out(std::vector<const Delivery*> due) const {
  if (texts != 0) return {};
  std::erase_if(due, [this](const Delivery* one) { return named.contains(one->recipient); });
  due.resize(due.size() - std::min(unknown, due.size())); // an alias may be any of them
  return due;
}

std::string told(const journal::event::Content& content) {
  if (content.reports.empty()) return "a notification in plain text was accepted";
  std::string text = "a notification was accepted:";
  for (const journal::event::RecipientReport& report :
       content.reports.first(std::min<std::size_t>(content.reports.size(), 3)))
    text += " " + std::string(report.recipient) + " " + std::string(report.action) + " " +
            std::string(report.status);
  return text;
}

std::vector<Came> came_for_each(const Case& observed, std::string_view word) {
  std::vector<Came> came(observed.messages.size());
  const ReportedDeliveryIndex index(observed);
  std::map<std::pair<const std::vector<ReportedDelivery>*, Kind>, std::size_t> turns;
  Names names(observed, index, word);
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
      if (kind == Kind::right) {
        // A report that returns somebody else's message is not a second report about this one.
        if (!of_message.right.empty() && !may_be_about(observed, *content, *subjects)) continue;
        of_message.right.push_back(evidence(*notification->accepted, told(*content)));
        if (content->reports.empty()) ++of_message.texts;
        names.read(*content, to.address, of_message, came);
      } else if (kind == Kind::from_somebody) {
        of_message.from_somebody.push_back(evidence(*notification->mail));
      } else if (kind == Kind::none && content != nullptr && is_another_report(*content)) {
        of_message.other_report = std::string(content->form.type);
      } else if (kind == Kind::other) {
        const journal::event::RecipientReport& report = content->reports.front();
        of_message.others = std::string(report.action);
        if (base::equal_ignoring_case(report.action, word))
          of_message.others += " for " + std::string(report.recipient);
      }
    }
  }
  return came;
}

} // namespace tempfail::verdict
