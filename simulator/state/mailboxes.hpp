// Mailboxes that fill with what is delivered to them and are tidied up, or are busy for a while. Pure.
#pragma once

#include "scenario/model.hpp"
#include "state/fill_level.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::state {

/// A recipient's mailbox; as made by default: it was never asked for.
struct Mailbox {
  bool known = false;
  FillLevel used;
  Moment first_contact{};
};

/// The mailbox as it is found: made at its first contact.
Mailbox at_first_contact(const Mailbox& mailbox, const scenario::Mailboxes& settings, Moment now);
/// The mailbox after a message of so many bytes.
Mailbox after_delivery(const Mailbox& mailbox, const scenario::Mailboxes& settings,
                       std::uint64_t bytes, Moment now);

/// What is left of the quota.
std::uint64_t free_space_in(const Mailbox& mailbox, const scenario::Mailboxes& settings,
                            Moment now);
bool is_busy(const Mailbox& mailbox, const scenario::Mailboxes& settings, Moment now);

/// Whether the recipient is one of those that these settings are about.
bool applies_to(const scenario::Mailboxes& settings, std::string_view recipient);
/// By what mailboxes are told apart: letters of either case are the same.
void append_mailbox_key(std::string_view recipient, std::string& out);

} // namespace tempfail::state
