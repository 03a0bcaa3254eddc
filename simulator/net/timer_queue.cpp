// Timers ordered by their moment.
#include "net/timer_queue.hpp"

#include <utility>

namespace tempfail::net {

namespace {

/// The order's low half above the slot's index: 4 billion timers later an id could mean another
/// one.
template <typename Slot>
Clock::TimerId id_of(const Slot& slot, std::uint32_t index) {
  return (slot.order << 32U) | index;
}

} // namespace

Clock::TimerId TimerQueue::add(Moment at, std::function<void()> callback) {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.at = at;
  slot.order = next_order_++;
  slot.callback = std::move(callback);
  heap_.push_back(index);
  put(heap_.size() - 1, index);
  sift_up(heap_.size() - 1);
  return id_of(slot, index);
}

void TimerQueue::remove(TimerId id) {
  if (id == 0) return;
  const auto index = static_cast<std::uint32_t>(id);
  if (index >= slots_.size() || slots_[index].place == nowhere) return;
  if (id_of(slots_[index], index) != id) return;
  erase(slots_[index].place);
}

std::function<void()> TimerQueue::take_first() {
  std::function<void()> callback = std::move(slots_[heap_.front()].callback);
  erase(0);
  return callback;
}

bool TimerQueue::before(std::uint32_t left, std::uint32_t right) const {
  const Slot& a = slots_[left];
  const Slot& b = slots_[right];
  return a.at != b.at ? a.at < b.at : a.order < b.order;
}

void TimerQueue::put(std::size_t place, std::uint32_t slot) {
  heap_[place] = slot;
  slots_[slot].place = static_cast<std::uint32_t>(place);
}

void TimerQueue::sift_up(std::size_t place) {
  const std::uint32_t slot = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!before(slot, heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, slot);
}

void TimerQueue::sift_down(std::size_t place) {
  const std::uint32_t slot = heap_[place];
  while (2 * place + 1 < heap_.size()) {
    std::size_t child = 2 * place + 1;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], slot)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, slot);
}

void TimerQueue::erase(std::size_t place) {
  const std::uint32_t slot = heap_[place];
  slots_[slot].place = nowhere;
  slots_[slot].callback = nullptr;
  free_.push_back(slot);
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (place < heap_.size()) {
    put(place, last);
    sift_up(place);
    sift_down(slots_[last].place);
  }
  if (heap_.empty() && slots_.size() > 1024) {
    // A burst is over: its memory goes back.
    slots_ = {};
    free_ = {};
    heap_ = {};
  }
}

} // namespace tempfail::net
