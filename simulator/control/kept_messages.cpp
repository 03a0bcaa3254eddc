// Keeps messages up to a limit, and decodes notifications.
#include "control/kept_messages.hpp"

#include "control/message_id.hpp"
#include "mime/notification.hpp"
#include "wire/delivery_report.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::control {

void KeptMessages::add(session::AcceptedMail mail, Moment now, std::int64_t unix_us,
                       std::uint64_t position) {
  auto kept = std::make_shared<KeptMessage>();
  MessageView& view = kept->view;
  view.id = std::to_string(mail.session) + "-" + std::to_string(mail.transaction);
  view.scenario = std::move(mail.scenario);
  view.helo = std::move(mail.helo);
  view.client = std::move(mail.client);
  view.sender = std::move(mail.sender);
  view.recipients = std::move(mail.recipients);
  view.message_id = message_id_in(mail.content);
  view.size = mail.content.size();
  view.accepted = now;
  view.unix_us = unix_us;
  view.position = position;
  kept->content = std::move(mail.content);
  bytes_ += kept->content.size();
  all_.push_back(std::move(kept));
  while (all_.size() > limits_.messages || (bytes_ > limits_.contents && all_.size() > 1)) {
    bytes_ -= all_.front()->content.size();
    all_.pop_front();
    ++dropped_;
  }
}

void KeptMessages::clear() {
  all_.clear();
  bytes_ = 0;
}

void KeptMessages::erase(std::string_view id) {
  const auto found =
      std::find_if(all_.begin(), all_.end(), [id](const auto& one) { return one->view.id == id; });
  if (found == all_.end()) return;
  bytes_ -= (*found)->content.size();
  all_.erase(found);
}

KeptMessagePtr KeptMessages::find(std::string_view id) const {
  const auto found =
      std::find_if(all_.begin(), all_.end(), [id](const auto& one) { return one->view.id == id; });
  return found == all_.end() ? nullptr : *found;
}

std::optional<NotificationView> notification_in(const KeptMessage& message) {
  const mime::Notification found = mime::read_notification(message.content);
  if (found.fields.empty()) return std::nullopt;
  const wire::DeliveryStatus status = wire::read_delivery_status(found.fields);
  NotificationView view{found.type, status.reporting_mta, status.original_envelope_id, {}};
  for (const wire::RecipientReport& one : status.recipients)
    view.reports.push_back({one.recipient, one.action, one.status, one.original_recipient,
                            one.remote_mta, one.diagnostic, one.will_retry_until});
  return view;
}

} // namespace tempfail::control
