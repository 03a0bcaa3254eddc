// Changes of states whose store may be lost.
#pragma once

#include "control/refusal.hpp"
#include "state/store.hpp"

#include <string>

namespace tempfail::control {

/// Makes a change of states; throws Refusal if the store is lost.
template <typename Change>
void change_states(Change change) {
  try {
    change();
  } catch (const state::StoreLost& lost) {
    throw Refusal(RefusalKind::conflict, std::string("the store is lost: ") + lost.what());
  }
}

} // namespace tempfail::control
