// How long a rule held its answer back. A session journals what it has decided at once; what the client saw
// came later where the rule that fired waits. The scenario says how long.
#pragma once

#include "verdict/observation.hpp"

namespace tempfail::verdict {

/// From an exchange's event to the end of what its rule did.
struct Holding {
  Duration least{};       ///< what was surely waited
  Duration most{};        ///< what was waited at most
  Duration not_reading{}; ///< how long nothing was read, while output went on
  bool endless = false;   ///< until the client gives up

  /// Whether a client that has nothing left to say noticed anything.
  bool any() const { return endless || least > Duration::zero() || not_reading > Duration::zero(); }
};

/// Of an exchange; nothing was held back where no rule fired. A rule that the scenario at hand does not have
/// (it was changed since) is taken to hold for ever where it says that it stalls or delays.
Holding holding_of(const Case& observed, const journal::event::Exchange& exchange);

} // namespace tempfail::verdict
