// Entries are answered in the order in which they were sent.
#include "store/stream_recorder.hpp"

#include "journal/withdrawal.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

namespace tempfail::store {
namespace {

/// Memory of the buffer that is kept from flush to flush; a burst's is given back.
constexpr std::size_t kept_capacity = std::size_t{1} << 20U;

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

StreamRecorder::StreamRecorder(RedisLink& link, const RunKeys& keys, std::function<Moment()> now)
    : link_(link), keys_(keys), stream_(stream_of(keys.run)), now_(std::move(now)) {}

StreamRecorder::~StreamRecorder() = default;

void StreamRecorder::record(const journal::Event& event) {
  const std::uint64_t sequence = next_sequence();
  journal::Event named = event;
  named.node = keys_.node;
  head_.note(named, sequence);
  if (!is_up_ && buffer_.size() >= backlog_limit) {
    ++lost_events_;
    return;
  }
  has_acceptances_ =
      has_acceptances_ || std::holds_alternative<journal::event::Accepted>(event.body);
  journal::encode(named, sequence, buffer_);
}

void StreamRecorder::flush() {
  if (buffer_.empty() || !is_up_) return;
  const std::string at = std::to_string(now_().count());
  const std::array<std::string_view, 6> words = {"node", keys_.node, "at", at, "lines", buffer_};
  const auto then = [this, alive = std::weak_ptr<Alive>(alive_), life = life_](bool kept) {
    if (!alive.expired()) answered(life, kept);
  };
  if (!link_.append(stream_, words, then)) return lost();
  ++sent_;
  on_its_way_.push_back({std::move(buffer_), last_sequence()});
  buffer_.clear();
}

void StreamRecorder::answered(std::uint64_t life, bool kept) {
  if (life != life_) return;
  if (!kept) return lost();
  Entry& first = on_its_way_.front();
  kept_sequence_ = first.last_sequence;
  if (first.lines.capacity() <= kept_capacity && buffer_.empty()) {
    buffer_ = std::move(first.lines); // for its memory
    buffer_.clear();
  }
  on_its_way_.pop_front();
  ++kept_;
  if (on_its_way_.empty() && buffer_.empty()) has_acceptances_ = false;
  while (!waiters_.empty() && waiters_.front().first <= kept_) {
    const std::function<void(bool)> then = std::move(waiters_.front().second);
    waiters_.pop_front();
    then(true); // which may record and flush
  }
}

void StreamRecorder::when_kept(std::function<void(bool)> then) {
  if (!is_up_) {
    withdraw();
    then(false);
  } else if (kept_ == sent_) {
    then(true);
  } else {
    waiters_.emplace_back(sent_, std::move(then));
  }
}

void StreamRecorder::lost() {
  is_up_ = false;
  ++life_;
  std::string lines;
  for (const Entry& entry : on_its_way_)
    lines += entry.lines;
  on_its_way_.clear();
  buffer_.insert(0, lines);
  sent_ = kept_;
  withdraw();
  const std::deque<Waiter> waiters = std::exchange(waiters_, {});
  for (const auto& [entries, then] : waiters)
    then(false);
}

/// Of no acceptance that is not kept any client will be told.
void StreamRecorder::withdraw() {
  if (std::exchange(has_acceptances_, false)) journal::withdraw_acceptances(buffer_);
}

void StreamRecorder::found(bool restarted) {
  is_up_ = true;
  if (restarted) buffer_.insert(0, head_.lines(kept_sequence_)); // the others are in it
  flush();
}

std::uint64_t StreamRecorder::not_kept() const {
  std::uint64_t events = lost_events_ + lines_in(buffer_);
  for (const Entry& entry : on_its_way_)
    events += lines_in(entry.lines);
  return events;
}

} // namespace tempfail::store
