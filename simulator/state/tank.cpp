// The arithmetic of draining, in 128 bits so that no product overflows.
#include "state/tank.hpp"

#include <limits>

namespace tempfail::state {
namespace {

__extension__ using Wide = unsigned __int128;

/// Units drained in `elapsed`, times the rate's period: amounts below one unit are in it.
Wide drained_product(const scenario::Rate& drain, Duration elapsed) {
  return static_cast<Wide>(elapsed.count()) * drain.amount;
}

} // namespace

std::uint64_t Tank::level(const std::optional<scenario::Rate>& drain, Moment now) const {
  if (!drain || now <= since_) return level_;
  const Wide drained =
      drained_product(*drain, now - since_) / static_cast<Wide>(drain->per.count());
  return drained >= level_ ? 0 : level_ - static_cast<std::uint64_t>(drained);
}

void Tank::add(std::uint64_t amount, const std::optional<scenario::Rate>& drain, Moment now) {
  const std::uint64_t left = level(drain, now);
  if (drain && now > since_) {
    // What is over of the last whole unit stays in the books as time that has already passed.
    const Wide over = drained_product(*drain, now - since_) % static_cast<Wide>(drain->per.count());
    since_ = left == 0 ? now : now - Duration(static_cast<std::int64_t>(over / drain->amount));
  }
  level_ = amount > std::numeric_limits<std::uint64_t>::max() - left
               ? std::numeric_limits<std::uint64_t>::max()
               : left + amount;
}

} // namespace tempfail::state
