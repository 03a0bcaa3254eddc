// Entries are answered in the order in which they were sent.
#include "store/stream_recorder.hpp"

#include "journal/withdrawal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <variant>

namespace tempfail::store {
namespace {

/// Memory of the buffer that is kept from flush to flush; a burst's is given back.
constexpr std::size_t kept_capacity = std::size_t{1} << 20U;

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Bytes of the first lines of `text`: as many as fit into an entry, and one at least.
std::size_t size_of_entry(std::string_view text) {
  constexpr std::size_t limit = StreamRecorder::entry_limit;
  if (text.size() <= limit) return text.size();
  const std::size_t last = text.rfind('\n', limit - 1);
  return (last != std::string_view::npos ? last : text.find('\n', limit)) + 1;
}

/// The number of the event in the last of these lines, as encode() has written it.
std::uint64_t last_sequence_in(std::string_view lines) {
  constexpr std::string_view key = "\"seq\":";
  lines.remove_suffix(1);
  lines.remove_prefix(lines.rfind('\n') + 1); // of a single line nothing: npos + 1
  const std::size_t at = lines.find(key) + key.size();
  std::uint64_t sequence = 0;
  std::from_chars(lines.data() + at, lines.data() + lines.size(), sequence);
  return sequence;
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
  flushed_ = buffer_.size();
  send_flushed();
}

void StreamRecorder::send_flushed() {
  while (is_up_ && flushed_ > 0) {
    const std::size_t size = size_of_entry(std::string_view(buffer_).substr(0, flushed_));
    if (sent_ != kept_ && sent_ - kept_ + size > unanswered_limit) return;
    if (!send_entry(size)) return lost();
  }
}

/// The first bytes of the buffer.
bool StreamRecorder::send_entry(std::size_t size) {
  std::string lines;
  if (size == buffer_.size())
    lines = std::exchange(buffer_, {});
  else
    lines.assign(buffer_, 0, size);
  const std::string at = std::to_string(now_().count());
  const std::array<std::string_view, 6> words = {"node", keys_.node, "at", at, "lines", lines};
  const auto then = [this, alive = std::weak_ptr<Alive>(alive_), life = life_](bool kept) {
    if (!alive.expired()) answered(life, kept);
  };
  const bool is_sent = link_.append(stream_, words, then);
  if (buffer_.empty() && !is_sent)
    buffer_ = std::move(lines);
  else if (is_sent && !buffer_.empty())
    buffer_.erase(0, size);
  if (!is_sent) return false;
  flushed_ -= size;
  sent_ += size;
  on_its_way_.push_back(std::move(lines));
  return true;
}

void StreamRecorder::answered(std::uint64_t life, bool kept) {
  if (life != life_) return;
  if (!kept) return lost();
  std::string& first = on_its_way_.front();
  kept_ += first.size();
  kept_sequence_ = std::max(kept_sequence_, last_sequence_in(first));
  if (first.capacity() <= kept_capacity && buffer_.empty()) {
    buffer_ = std::move(first); // for its memory
    buffer_.clear();
  }
  on_its_way_.pop_front();
  if (on_its_way_.empty() && buffer_.empty()) has_acceptances_ = false;
  while (!waiters_.empty() && waiters_.front().first <= kept_) {
    const std::function<void(bool)> then = std::move(waiters_.front().second);
    waiters_.pop_front();
    then(true); // which may record and flush
  }
  send_flushed();
}

void StreamRecorder::when_kept(std::function<void(bool)> then) {
  if (!is_up_) {
    withdraw();
    then(false);
  } else if (kept_ == sent_ && flushed_ == 0) {
    then(true);
  } else {
    waiters_.emplace_back(sent_ + flushed_, std::move(then));
  }
}

void StreamRecorder::lost() {
  is_up_ = false;
  ++life_;
  std::string lines;
  for (const std::string& entry : on_its_way_)
    lines += entry;
  on_its_way_.clear();
  buffer_.insert(0, lines);
  flushed_ = 0;
  sent_ = kept_;
  withdraw();
  const std::deque<Waiter> waiters = std::exchange(waiters_, {});
  for (const auto& [bytes, then] : waiters)
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
  for (const std::string& entry : on_its_way_)
    events += lines_in(entry);
  return events;
}

} // namespace tempfail::store
