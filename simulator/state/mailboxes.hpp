// Mailboxes that fill with what is delivered to them and are tidied up, or are busy for a while.
#pragma once

#include "scenario/model.hpp"
#include "state/key_table.hpp"
#include "state/tank.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::state {

/// One per recipient that matches, made at its first contact. Addresses differ without regard to
/// case.
class Mailboxes {
 public:
  explicit Mailboxes(const scenario::Mailboxes& settings, std::size_t limit = key_limit)
      : settings_(settings), boxes_(limit) {}

  /// What is left of the quota; the largest number where there is none.
  std::uint64_t free(std::string_view recipient, Moment now);
  bool busy(std::string_view recipient, Moment now);
  void deliver(std::string_view recipient, std::uint64_t bytes, Moment now);

 private:
  struct Box {
    Tank tank;
    Moment first_contact{};
  };
  bool concerns(std::string_view recipient) const;
  Box& box(std::string_view recipient, Moment now);

  scenario::Mailboxes settings_;
  std::string key_;
  KeyTable<Box> boxes_;
};

} // namespace tempfail::state
