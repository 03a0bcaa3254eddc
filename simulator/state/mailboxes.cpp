// Quotas and busy windows by recipient.
#include "state/mailboxes.hpp"

#include "scenario/glob.hpp"
#include "state/window.hpp"

#include <algorithm>
#include <limits>

namespace tempfail::state {
namespace {

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

} // namespace

bool Mailboxes::concerns(std::string_view recipient) const {
  return scenario::glob_matches(settings_.match, recipient);
}

Mailboxes::Box& Mailboxes::box(std::string_view recipient, Moment now) {
  key_.assign(recipient);
  std::transform(key_.begin(), key_.end(), key_.begin(), lower);
  const auto [found, is_new] = boxes_.touch(key_);
  if (is_new) found = Box{Tank(settings_.used, now), now};
  return found;
}

std::uint64_t Mailboxes::free(std::string_view recipient, Moment now) {
  if (!settings_.quota || !concerns(recipient)) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t used = box(recipient, now).tank.level(settings_.drain, now);
  return used >= *settings_.quota ? 0 : *settings_.quota - used;
}

bool Mailboxes::busy(std::string_view recipient, Moment now) {
  if (!settings_.busy || !concerns(recipient)) return false;
  return in_window(*settings_.busy, now - box(recipient, now).first_contact);
}

void Mailboxes::deliver(std::string_view recipient, std::uint64_t bytes, Moment now) {
  if (settings_.quota && concerns(recipient))
    box(recipient, now).tank.add(bytes, settings_.drain, now);
}

} // namespace tempfail::state
