// Only calls with a content take long enough to matter, so the clock is read for those alone.
#include "net/content_moment.hpp"

#include <optional>
#include <variant>

namespace tempfail::net {

void move_after_content(session::Effects& effects, const Clock& clock) {
  constexpr double negligible_us = 1000;
  std::optional<Moment> after; // nothing: nothing was looked at for long
  for (session::Effect& effect : effects.list) {
    auto* const recorded = std::get_if<session::effect::Record>(&effect);
    if (recorded == nullptr) continue;
    journal::Event& event = recorded->event;
    if (std::holds_alternative<journal::event::Content>(event.body)) {
      const Duration negligible(static_cast<std::int64_t>(negligible_us * clock.scale()));
      if (const Moment now = clock.now(); now - event.time >= negligible) after = now;
    }
    if (after) event.happen_at(*after);
  }
}

} // namespace tempfail::net
