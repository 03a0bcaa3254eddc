// Orders to states whose store may be lost.
#pragma once

#include "control/refusal.hpp"
#include "state/store.hpp"

#include <string>

namespace tempfail::control {

/// Does what a store that is lost refuses: then it is a Refusal.
template <typename Order>
void to_store(Order order) {
  try {
    order();
  } catch (const state::StoreLost& lost) {
    throw Refusal(Why::conflict, std::string("the store is lost: ") + lost.what());
  }
}

} // namespace tempfail::control
