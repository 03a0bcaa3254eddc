// Whether the sender met what a scenario is about.
#pragma once

#include "verdict/observation.hpp"

namespace tempfail::verdict {

/// A rule, a listener, a TLS setting or an extension list of the scenario took effect on a connection of this sender:
/// any of them, unless the scenario says which (`met:`). A scenario without any is met by a whole session: a message
/// that was accepted.
bool is_met(const Case& observed);

/// Whether any message was accepted.
bool accepted_anything(const Case& observed);
/// Whether the scenario's server does nothing out of the ordinary.
bool is_without_failure(const scenario::Scenario& scenario);

/// Whether an expectation is that the message arrives nowhere.
bool asks_for_no_delivery(const scenario::Expectation& expectation);

} // namespace tempfail::verdict
