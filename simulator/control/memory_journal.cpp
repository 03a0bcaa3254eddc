// Blocks of lines: what was written stays where it is, so that readers need no copy and no lock.
#include "control/memory_journal.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tempfail::control {

namespace {

/// A server that meets one message needs little; one that meets many is given more at a time.
constexpr std::size_t first_block = std::size_t{8} << 10U;
constexpr std::size_t largest_block = std::size_t{256} << 10U;

} // namespace

void MemoryJournal::record(const journal::Event& event) {
  position_ = next_sequence();
  if (also_ != nullptr) also_->record(event);
  has_grown_ = true;
  if (on_event_) on_event_(event, position_);
  // Without a hole: what is kept is the beginning.
  if (ends_.size() + 1 != position_) return;
  line_.clear();
  journal::encode(event, position_, line_);
  if (size_ + line_.size() > limit_) return;
  append(line_);
}

void MemoryJournal::append(std::string_view line) {
  if (blocks_.empty() || blocks_.back().capacity - blocks_.back().used < line.size()) {
    const std::size_t wanted =
        blocks_.empty() ? first_block : std::min(2 * blocks_.back().capacity, largest_block);
    const std::size_t capacity = std::max(wanted, line.size());
    blocks_.push_back({std::shared_ptr<char[]>(new char[capacity]), capacity, size_, 0});
  }
  Block& block = blocks_.back();
  std::memcpy(block.bytes.get() + block.used, line.data(), line.size());
  block.used += line.size();
  size_ += line.size();
  ends_.push_back(size_);
}

void MemoryJournal::flush() {
  if (also_ != nullptr) also_->flush();
  if (!std::exchange(has_grown_, false)) return;
  if (on_growth_) on_growth_();
}

std::size_t MemoryJournal::block_of(std::size_t byte) const {
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), byte,
                       [](std::size_t place, const Block& block) { return place < block.first; });
  return static_cast<std::size_t>(after - blocks_.begin()) - 1;
}

MemoryJournal::Lines MemoryJournal::after(std::uint64_t position, std::size_t most) const {
  Lines lines;
  lines.last = position;
  if (position >= ends_.size()) return lines;
  const std::size_t begin = position == 0 ? 0 : ends_[position - 1];
  // The last line that ends within what is asked for, one at least.
  const auto first = ends_.begin() + static_cast<std::ptrdiff_t>(position);
  auto end = std::upper_bound(first, ends_.end(), begin + most);
  if (end == first) ++end;
  lines.last = static_cast<std::uint64_t>(end - ends_.begin());
  const std::size_t size = *(end - 1) - begin;
  lines.text.reserve(size);
  for (std::size_t i = block_of(begin); lines.text.size() < size; ++i) {
    const Block& block = blocks_[i];
    const std::size_t skip = begin > block.first ? begin - block.first : 0;
    const std::size_t count = std::min(block.used - skip, size - lines.text.size());
    lines.text.append(block.bytes.get() + skip, count);
  }
  return lines;
}

std::vector<Piece> MemoryJournal::from(std::size_t byte) const {
  std::vector<Piece> pieces;
  if (byte >= size_) return pieces;
  for (std::size_t i = block_of(byte); i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    const std::size_t skip = byte > block.first ? byte - block.first : 0;
    if (skip < block.used) pieces.push_back({block.bytes, skip, block.used - skip});
  }
  return pieces;
}

} // namespace tempfail::control
