// Greylisting (RFC 6647): a triplet of client network, sender and recipient that is not known is
// refused until it has come back late enough.
#pragma once

#include "scenario/model.hpp"
#include "state/key_table.hpp"

#include <string>
#include <string_view>

namespace tempfail::state {

/// Remembers triplets.
class Greylist {
 public:
  explicit Greylist(const scenario::Greylist& settings, std::size_t limit = key_limit)
      : settings_(settings), triplets_(limit) {}

  /// Records the triplet; true when it is to be refused this time.
  bool early(std::string_view client, std::string_view sender, std::string_view recipient,
             Moment now);

 private:
  struct Triplet {
    Moment first{}; ///< first seen, while it has not passed
    Moment last{};  ///< last let through
    bool passed = false;
  };
  scenario::Greylist settings_;
  std::string key_;
  KeyTable<Triplet> triplets_;
};

} // namespace tempfail::state
