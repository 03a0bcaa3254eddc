// Which deliveries a notification may be about.
#include "verdict/notifications.hpp"

#include "base/ascii.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <optional>

namespace tempfail::verdict {

namespace {

/// Whether it holds for one of the addresses to which notifications about a delivery go, of which some come twice.
template <typename Condition>
bool any_return_path(const Message& message, const Delivery& delivery, Condition&& holds) {
  if (message.sender.empty()) return false; // nobody is told
  return holds(message.sender) ||
         std::any_of(delivery.tries.begin(), delivery.tries.end(), [&](const Try& attempt) {
           return attempt.transaction != nullptr && !attempt.transaction->sender.empty() &&
                  holds(attempt.transaction->sender);
         });
}

} // namespace

std::set<std::string_view> return_paths(const Message& message, const Delivery& delivery) {
  std::set<std::string_view> paths;
  any_return_path(message, delivery, [&paths](const std::string& path) {
    paths.insert(path);
    return false; // on to the next
  });
  return paths;
}

std::set<std::string_view> return_paths(const Message& message) {
  std::set<std::string_view> paths;
  for (const Delivery& delivery : message.deliveries)
    paths.merge(return_paths(message, delivery));
  return paths;
}

bool is_addressed_to_sender_of(const Transaction& notification, const Message& message) {
  if (!message.sender.empty() && notification.names(message.sender)) return true;
  return std::any_of(message.deliveries.begin(), message.deliveries.end(), [&](const auto& one) {
    return any_return_path(message, one,
                           [&](const std::string& path) { return notification.names(path); });
  });
}

ReportedDeliveryIndex::ReportedDeliveryIndex(const Case& observed) {
  for (std::size_t i = 0; i < observed.messages.size(); ++i) {
    const Message& message = observed.messages[i];
    for (const Delivery& delivery : message.deliveries) {
      if (!observed.is_recipient_asked_of(delivery.recipient)) continue;
      const auto add = [&](ReportedDeliveries& subjects) {
        subjects.all.push_back({i, &delivery});
        if (delivery.accepted_count() == 0) subjects.failed.push_back({i, &delivery});
      };
      const auto paths = return_paths(message, delivery);
      if (!paths.empty()) add(by_recipient_[delivery.recipient]);
      for (const std::string_view path : paths) {
        add(by_sender_[std::string(path)]);
        add(by_both_[{std::string(path), delivery.recipient}]);
      }
    }
  }
}

const ReportedDeliveries* ReportedDeliveryIndex::find(std::string_view sender,
                                                      std::string_view recipient) const {
  const auto found = by_both_.find({std::string(sender), comparable(recipient)});
  return found == by_both_.end() ? nullptr : &found->second;
}

const ReportedDeliveries* ReportedDeliveryIndex::find(std::string_view sender) const {
  const auto found = by_sender_.find(sender);
  return found == by_sender_.end() ? nullptr : &found->second;
}

const ReportedDeliveries* ReportedDeliveryIndex::find_recipient(std::string_view recipient) const {
  const auto found = by_recipient_.find(comparable(recipient));
  return found == by_recipient_.end() ? nullptr : &found->second;
}

namespace {

/// "rfc822;joe@a.test" -> "joe@a.test"
std::string address_in(std::string_view typed) {
  const std::size_t semicolon = typed.find(';');
  std::string_view address =
      semicolon == std::string_view::npos ? typed : typed.substr(semicolon + 1);
  while (address.starts_with(' '))
    address.remove_prefix(1);
  return comparable(address);
}

} // namespace

bool is_another_report(const journal::event::Content& content) {
  constexpr std::string_view report = "multipart/report; report-type=";
  const std::string type = base::lower(content.form.type);
  return content.reports.empty() && type.starts_with(report) &&
         type.substr(report.size()) != "delivery-status";
}

bool says_nothing(const journal::event::Content& content) {
  return content.reports.empty() && (content.text_size == 0U || is_another_report(content));
}

bool may_be_about(const Case& observed, const journal::event::Content& content,
                  const std::vector<ReportedDelivery>& deliveries) {
  std::set<std::string_view> shown;
  each_word(content.marks,
            [&shown](std::string_view mark) { shown.insert(mark.substr(0, mark.rfind('-'))); });
  const std::string_view returned_id = content.form.returned_message_id;
  const auto is_it = [&](const Message& message) {
    return message.handover == nullptr || shown.contains(message.handover->id) ||
           (!returned_id.empty() && message.handover->message_id == returned_id);
  };
  const auto& messages = observed.messages;
  return std::any_of(deliveries.begin(), deliveries.end(),
                     [&](const auto& one) { return is_it(messages[one.message]); }) ||
         std::none_of(messages.begin(), messages.end(), is_it);
}

ReturnedMessages::ReturnedMessages(const Case& observed) {
  for (const Transaction* notification : observed.notifications) {
    if (notification->accepted == nullptr) continue;
    const auto* content = notification->facts();
    if (content != nullptr && says_nothing(*content)) continue;
    const auto note = [at = notification->begin](Moment& last) { last = std::max(last, at); };
    for (const RecipientReply& to : notification->recipients) {
      const std::string sender = to.address;
      if (content == nullptr || content->reports.empty())
        note(by_text_.try_emplace(sender, notification->begin).first->second);
      if (content == nullptr) continue;
      for (const journal::event::RecipientReport& report : content->reports) {
        if (base::lower(report.action) != "failed") continue;
        for (const std::string& recipient :
             {comparable(report.recipient), address_in(report.original_recipient)})
          note(reported_.try_emplace({sender, recipient}, notification->begin).first->second);
      }
    }
  }
}

std::optional<Moment> ReturnedMessages::last_time(const Message& message,
                                                  const Delivery& delivery) const {
  std::optional<Moment> last;
  const auto note = [&last](Moment at) { last = std::max(last.value_or(at), at); };
  any_return_path(message, delivery, [&](const std::string& path) {
    if (const auto text = by_text_.find(path); text != by_text_.end()) note(text->second);
    if (const auto report = reported_.find({path, delivery.recipient}); report != reported_.end())
      note(report->second);
    return false; // on to the next
  });
  return last;
}

namespace {

/// When a message was rejected first; nothing: it was not.
std::optional<Moment> rejected_at(const Message& message) {
  std::optional<Moment> first;
  for (const Delivery& delivery : message.deliveries)
    for (const Try& attempt : delivery.tries)
      if (attempt.result == TryResult::permanent)
        first = std::min(first.value_or(attempt.end), attempt.end);
  return first;
}

/// The reply to it rejects for good.
bool is_final(const journal::Event* event) {
  const auto* exchange = as_exchange(event);
  return exchange != nullptr && exchange->code >= 500;
}

bool is_rejected(const Transaction& transaction) {
  return transaction.accepted == nullptr &&
         (is_final(transaction.mail) || is_final(transaction.data) ||
          is_final(transaction.message) ||
          std::any_of(transaction.recipients.begin(), transaction.recipients.end(),
                      [](const RecipientReply& one) { return one.code >= 500; }));
}

/// Whether more than one connection was rejected before MAIL: the first may have been for the message, and taken for a
/// look at the port.
bool several_were_rejected(const Case& observed) {
  return std::count_if(observed.sessions.begin(), observed.sessions.end(), [](const Session& it) {
           return it.transactions.empty() &&
                  std::any_of(it.events.begin(), it.events.end(), [](const journal::Event* event) {
                    return is_final(event) &&
                           as_exchange(event)->stage == scenario::Stage::greeting;
                  });
         }) > 1;
}

} // namespace

RejectedNotifications::RejectedNotifications(const Case& observed)
    : any_(observed.late_rejections != 0 || several_were_rejected(observed)) {
  for (const Transaction* one : observed.notifications) {
    if (!one->sender.empty() || !is_rejected(*one)) continue;
    if (one->recipients.empty()) {
      last_ = at_mail_ ? std::max(last_, one->begin) : one->begin;
      at_mail_ = true;
    }
    for (const RecipientReply& to : one->recipients) {
      Moment& last = last_to_.try_emplace(to.address, one->begin).first->second;
      last = std::max(last, one->begin);
    }
  }
}

bool RejectedNotifications::may_be_about(const Message& message) const {
  const std::optional<Moment> rejected = rejected_at(message);
  if (!rejected) return false;
  if (any_ || (at_mail_ && last_ >= *rejected)) return true;
  if (last_to_.empty()) return false;
  const std::set<std::string_view> paths = return_paths(message);
  return std::any_of(paths.begin(), paths.end(), [&](std::string_view path) {
    const auto found = last_to_.find(path);
    return found != last_to_.end() && found->second >= *rejected;
  });
}

} // namespace tempfail::verdict
