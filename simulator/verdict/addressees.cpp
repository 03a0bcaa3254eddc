// Whom a notification may go to.
#include "verdict/addressees.hpp"

#include "base/ascii.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

bool is_below(std::string_view domain, std::string_view other) {
  return domain.size() > other.size() && domain.ends_with(other) &&
         domain[domain.size() - other.size() - 1] == '.' &&
         other.find('.') != std::string_view::npos;
}

/// The name that a client gives at EHLO or HELO; empty: it gives none here.
std::string_view name_given(const journal::Event& event) {
  const auto* exchange = as_exchange(&event);
  if (exchange == nullptr || exchange->stage != scenario::Stage::ehlo) return {};
  const std::string_view line = exchange->line;
  const std::size_t blank = line.find(' ');
  return blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
}

} // namespace

OwnPostmasters::OwnPostmasters(const Case& observed) {
  std::set<std::string, std::less<>> recipients;
  const auto add = [this](const std::string& address) {
    if (const std::string_view domain = domain_of(address); !domain.empty())
      domains_.emplace(domain);
  };
  for (const journal::event::Handover* handover : observed.handovers) {
    add(comparable(handover->sender));
    for (const std::string_view recipient : handover->recipients)
      recipients.insert(comparable(recipient));
  }
  for (const Session& session : observed.sessions) {
    for (const journal::Event* event : session.events)
      if (const std::string_view name = name_given(*event); !name.empty())
        add(comparable("postmaster@" + std::string(name)));
    for (const Transaction& transaction : session.transactions)
      if (std::any_of(transaction.recipients.begin(), transaction.recipients.end(),
                      [&](const auto& one) { return recipients.contains(one.address); }))
        add(transaction.sender);
  }
}

bool OwnPostmasters::is_at_home(std::string_view address) const {
  const std::string_view domain = domain_of(address);
  return std::any_of(domains_.begin(), domains_.end(), [domain](const std::string& own) {
    return domain == own || is_below(domain, own) || is_below(own, domain);
  });
}

bool OwnPostmasters::contains(std::string_view address) const {
  const std::string_view local = address.substr(0, address.rfind('@'));
  return base::equal_ignoring_case(local, "postmaster") &&
         (local.size() == address.size() || is_at_home(address));
}

bool is_bare_copy(const journal::event::Content& content,
                  const journal::event::Handover& handover) {
  constexpr std::uint64_t lost_letters = 16; // in another character set
  if (!content.reports.empty()) return false;
  if (!handover.message_id.empty() && content.message_id == handover.message_id) return true;
  const std::string mark = std::string(handover.id) + "-";
  if (!content.marks.starts_with(mark) || !content.text_size || handover.text_size == 0)
    return false;
  // Who says a word about it has more text.
  return *content.text_size <= handover.text_size + lost_letters &&
         *content.text_size + lost_letters >= handover.text_size;
}

Addressees::Addressees(const Case& observed)
    : observed_(observed), postmasters_(observed), index_(observed) {
  for (const Message& message : observed.messages) {
    for (const std::string_view path : return_paths(message))
      authors_.emplace(path);
    for (const Delivery& delivery : message.deliveries)
      recipients_.insert(delivery.recipient);
  }
}

bool Addressees::is_about_others_only(const journal::event::Content& content,
                                      std::string_view author) const {
  return !content.reports.empty() &&
         std::all_of(content.reports.begin(), content.reports.end(), [&](const auto& report) {
           return index_.find(author, report.recipient) == nullptr &&
                  index_.find_recipient(report.recipient) != nullptr;
         });
}

std::string Addressees::wrong_with(const Transaction& notification,
                                   const RecipientReply& to) const {
  const auto* content = notification.facts();
  if (content == nullptr || to.code < 200 || to.code >= 300) return {};
  if (postmasters_.contains(to.address)) return {};
  const bool is_author = authors_.contains(to.address);
  if (is_author && !is_about_others_only(*content, to.address)) return {};
  std::string text = "a message from <" + notification.sender + ">";
  if (!content->reports.empty())
    text = "a notification about " + std::string(content->reports.front().recipient);
  text += " went to " + to.address;
  if (recipients_.contains(to.address))
    return text + ", who is a recipient of a message and did not send it";
  return text + (is_author ? ", who did not send that message"
                           : ", to whom no message was addressed and who did not send any");
}

} // namespace tempfail::verdict
