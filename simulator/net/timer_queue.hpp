// Timers ordered by their moment: a heap with removal, 60 bytes a timer, no memory when there is
// none.
#pragma once

#include "net/clock.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace tempfail::net {

/// What both clocks keep their timers in. Equal moments fire in the order in which they were asked
/// for.
class TimerQueue {
 public:
  using TimerId = Clock::TimerId;

  TimerId add(Moment at, std::function<void()> callback);
  /// Forgets a timer; one that has fired, or 0, is no mistake.
  void remove(TimerId id);

  bool empty() const { return heap_.empty(); }
  /// When the first one is due; only when there is one.
  Moment first() const { return slots_[heap_.front()].at; }
  /// Takes the first one off and returns what to call.
  std::function<void()> take_first();

 private:
  static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

  struct Slot {
    Moment at{};
    std::uint64_t order = 0; ///< tells equal moments apart, and an id from later ones of its slot
    std::uint32_t place = nowhere; ///< in heap_
    std::function<void()> callback;
  };

  bool before(std::uint32_t left, std::uint32_t right) const;
  void put(std::size_t place, std::uint32_t slot);
  void sift_up(std::size_t place);
  void sift_down(std::size_t place);
  void erase(std::size_t place);

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> heap_; ///< indices of slots, the earliest in front
  std::vector<std::uint32_t> free_; ///< slots without a timer
  std::uint64_t next_order_ = 1;
};

} // namespace tempfail::net
