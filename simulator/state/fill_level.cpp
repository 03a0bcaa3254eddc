// The arithmetic of draining, in 128 bits so that no product overflows.
#include "state/fill_level.hpp"

#include <limits>

namespace tempfail::state {
namespace {

__extension__ using Wide = unsigned __int128;

/// Whole units drained since a moment, and how long ago the last of them, or the last step, was over.
struct Drained {
  Wide units = 0;
  Duration since_last{};
};

Drained drained_in(const scenario::Rate& drain, Duration elapsed) {
  if (drain.in_steps)
    return {static_cast<Wide>(elapsed / drain.per) * drain.amount, elapsed % drain.per};
  const Wide product = static_cast<Wide>(elapsed.count()) * drain.amount;
  const Wide per = static_cast<Wide>(drain.per.count());
  return {product / per, Duration(static_cast<std::int64_t>(product % per / drain.amount))};
}

} // namespace

std::uint64_t FillLevel::level(const std::optional<scenario::Rate>& drain, Moment now) const {
  if (!drain || now <= since_) return level_;
  const Wide drained = drained_in(*drain, now - since_).units;
  return drained >= level_ ? 0 : level_ - static_cast<std::uint64_t>(drained);
}

void FillLevel::add(std::uint64_t amount, const std::optional<scenario::Rate>& drain, Moment now) {
  const std::uint64_t left = level(drain, now);
  if (drain && now > since_) {
    // The rest of the last whole unit is kept as elapsed time. A level that drains evenly and is empty keeps
    // nothing; steps continue at their times.
    const bool saves = drain->in_steps || left != 0;
    since_ = saves ? now - drained_in(*drain, now - since_).since_last : now;
  }
  level_ = amount > std::numeric_limits<std::uint64_t>::max() - left
               ? std::numeric_limits<std::uint64_t>::max()
               : left + amount;
}

} // namespace tempfail::state
