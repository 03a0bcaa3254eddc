// Deliverers around the real one that do what a correct sender never does.
#pragma once

#include "client/delivery/deliverer.hpp"

#include <memory>
#include <string_view>

namespace tempfail::client {

/// The one of that name around `real`: "duplicate", "all-again", "lose", "clear-text"; nothing for another name.
std::unique_ptr<Deliverer> make_wrong_deliverer(std::string_view name, Deliverer& real);

} // namespace tempfail::client
