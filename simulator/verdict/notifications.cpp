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
  const auto found = by_recipient_.find({std::string(sender), comparable(recipient)});
  return found == by_recipient_.end() ? nullptr : &found->second;
}

const Subjects* SubjectIndex::find(std::string_view sender) const {
  const auto found = by_sender_.find(sender);
  return found == by_sender_.end() ? nullptr : &found->second;
}

} // namespace tempfail::verdict
