// When a content was looked at, which takes real time.
#pragma once

#include "net/clock.hpp"
#include "session/effect.hpp"

namespace tempfail::net {

/// A session looks at a content within the call in which it is complete. What is recorded from there on happens after
/// that: now, unless less than a millisecond of real time has passed.
void move_after_content(session::Effects& effects, const Clock& clock);

} // namespace tempfail::net
