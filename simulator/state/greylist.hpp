// Greylisting (RFC 6647): a triplet of client network, sender and recipient that is not known is
// refused until it has come back late enough. Pure.
#pragma once

#include "scenario/model.hpp"

#include <string>
#include <string_view>

namespace tempfail::state {

/// What is remembered of one; as made by default: it was never seen.
struct Triplet {
  bool known = false;
  Moment first{}; ///< first seen, while it has not passed
  Moment last{};  ///< last let through
  bool passed = false;
  bool operator==(const Triplet&) const = default;
};

/// The triplet after it was seen once more.
struct SeenTriplet {
  Triplet triplet;
  bool early = false; ///< it is to be refused this time
};
SeenTriplet record_triplet(Triplet triplet, const scenario::Greylist& settings, Moment now);

/// By what triplets are told apart: letters of either case are the same.
void append_triplet_key(const scenario::Greylist& settings, std::string_view client,
                        std::string_view sender, std::string_view recipient, std::string& out);

} // namespace tempfail::state
