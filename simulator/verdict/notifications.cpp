// Which deliveries a notification may be about.
#include "verdict/notifications.hpp"

namespace tempfail::verdict {

SubjectIndex::SubjectIndex(const Case& observed) {
  for (std::size_t i = 0; i < observed.messages.size(); ++i) {
    const Message& message = observed.messages[i];
    if (message.sender.empty()) continue; // nobody is told
    Subjects& of_sender = by_sender_[message.sender];
    for (const Delivery& delivery : message.deliveries) {
      if (!observed.is_asked_of(delivery.recipient)) continue;
      Subjects& to_recipient = by_recipient_[{message.sender, delivery.recipient}];
      for (Subjects* subjects : {&of_sender, &to_recipient}) {
        subjects->all.push_back({i, &delivery});
        if (delivery.accepted_count() == 0) subjects->failed.push_back({i, &delivery});
      }
    }
  }
}

const Subjects* SubjectIndex::find(std::string_view sender, std::string_view recipient) const {
  const auto found = by_recipient_.find({std::string(sender), lower(recipient)});
  return found == by_recipient_.end() ? nullptr : &found->second;
}

const Subjects* SubjectIndex::find(std::string_view sender) const {
  const auto found = by_sender_.find(sender);
  return found == by_sender_.end() ? nullptr : &found->second;
}

namespace {

/// "rfc822;joe@a.test" -> "joe@a.test"
std::string address_in(std::string_view typed) {
  const std::size_t semicolon = typed.find(';');
  std::string_view address =
      semicolon == std::string_view::npos ? typed : typed.substr(semicolon + 1);
  while (address.starts_with(' '))
    address.remove_prefix(1);
  return lower(address);
}

} // namespace

Returned::Returned(const Case& observed) {
  for (const Transaction* notification : observed.notifications) {
    if (notification->accepted == nullptr) continue;
    const auto* content = notification->facts();
    for (const RecipientReply& to : notification->recipients) {
      const std::string sender = lower(to.address);
      if (content == nullptr || content->reports.empty()) by_text_.insert(sender);
      if (content == nullptr) continue;
      for (const journal::event::Report& report : content->reports) {
        if (lower(report.action) != "failed") continue;
        reported_.emplace(sender, lower(report.recipient));
        reported_.emplace(sender, address_in(report.original_recipient));
      }
    }
  }
}

bool Returned::covers(std::string_view sender, std::string_view recipient) const {
  return by_text_.contains(sender) ||
         reported_.contains({std::string(sender), std::string(recipient)});
}

} // namespace tempfail::verdict
