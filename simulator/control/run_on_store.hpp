// Changes of states whose store may be lost.
#pragma once

#include "control/refusal.hpp"
#include "state/store.hpp"

#include <string>

namespace tempfail::control {

/// Runs a change of the state; throws Refusal if the store is lost.
template <typename Change>
void run_on_store(Change change) {
  try {
    change();
  } catch (const state::StoreLost& lost) {
    throw Refusal(RefusalKind::conflict, std::string("the store is lost: ") + lost.what());
  }
}

} // namespace tempfail::control
