// What the exit status of a sender's command says, and when: the meaning of 126, 127 and 89.
#pragma once

#include "verdict/observation.hpp"

#include <string>
#include <vector>

namespace tempfail::verdict {

/// Why there is nothing to judge: the command could not be started (126, 127) and nothing connected.
/// Empty: it could, or something came all the same.
std::string start_error(const Case& observed);
/// What the sender reported can't be read, so that nobody knows what its caller was told: where, and why. Empty: it
/// can.
std::string report_error(const Case& observed);

/// What the sender declared: that it does not do what the scenario asks for (89 from each of its commands, nothing
/// accepted). Empty: nothing.
std::string declaration(const Case& observed);

/// The commands that ended, in order.
std::vector<const journal::Event*> ended_commands(const Case& observed);

} // namespace tempfail::verdict
