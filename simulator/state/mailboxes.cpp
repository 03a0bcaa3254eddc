// Quotas and busy windows by recipient.
#include "state/mailboxes.hpp"

#include "scenario/glob.hpp"
#include "state/lower_case.hpp"
#include "state/window.hpp"

#include <limits>

namespace tempfail::state {

bool applies_to(const scenario::Mailboxes& settings, std::string_view recipient) {
  return scenario::glob_matches(settings.match, recipient);
}

void append_mailbox_key(std::string_view recipient, std::string& out) {
  const std::size_t begin = out.size();
  out += recipient;
  make_lower(out, begin);
}

Mailbox at_first_contact(const Mailbox& mailbox, const scenario::Mailboxes& settings, Moment now) {
  return mailbox.known ? mailbox : Mailbox{true, FillLevel(settings.used, now), now};
}

Mailbox after_delivery(const Mailbox& mailbox, const scenario::Mailboxes& settings,
                       std::uint64_t bytes, Moment now) {
  Mailbox after = at_first_contact(mailbox, settings, now);
  after.used.add(bytes, settings.drain, now);
  return after;
}

std::uint64_t free_space_in(const Mailbox& mailbox, const scenario::Mailboxes& settings,
                            Moment now) {
  if (!settings.quota) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t used = mailbox.used.level(settings.drain, now);
  return used >= *settings.quota ? 0 : *settings.quota - used;
}

bool is_busy(const Mailbox& mailbox, const scenario::Mailboxes& settings, Moment now) {
  return settings.busy && in_window(*settings.busy, now - mailbox.first_contact);
}

} // namespace tempfail::state
