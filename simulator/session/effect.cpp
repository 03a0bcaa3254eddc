// The list of effects: output is joined, texts are kept in blocks that stay where they are.
#include "session/effect.hpp"

#include <algorithm>

namespace tempfail::session {
namespace {

constexpr std::size_t smallest_block = 1024; // bytes

} // namespace

std::string_view TextMemory::keep(std::string_view text) {
  if (text.empty()) return {};
  if (size_ - used_ < text.size()) {
    size_ = std::max(smallest_block, text.size());
    blocks_.push_back(std::make_unique<char[]>(size_));
    used_ = 0;
  }
  char* const begin = blocks_.back().get() + used_;
  text.copy(begin, text.size());
  used_ += text.size();
  return {begin, text.size()};
}

void TextMemory::clear() {
  // One block of the usual size is kept for the next call.
  if (blocks_.size() > 1 || size_ > smallest_block) {
    blocks_.clear();
    size_ = 0;
  }
  used_ = 0;
}

void Effects::undo_to(const Position& position) {
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(position.effects), list.end());
  bytes.resize(position.bytes);
  mails.erase(mails.begin() + static_cast<std::ptrdiff_t>(position.mails), mails.end());
  const auto end = static_cast<std::uint32_t>(position.bytes);
  for (Effect& effect : list) // output that was joined to one
    if (auto* write = std::get_if<effect::Write>(&effect)) write->end = std::min(write->end, end);
}

void Effects::write(std::string_view text) {
  if (text.empty()) return;
  const auto begin = static_cast<std::uint32_t>(bytes.size());
  bytes.append(text);
  const auto end = static_cast<std::uint32_t>(bytes.size());
  for (auto last = list.rbegin(); last != list.rend(); ++last) {
    // What is recorded is recorded at once: it doesn't stand between two writes.
    if (std::holds_alternative<effect::Record>(*last)) continue;
    if (auto* write = std::get_if<effect::Write>(&*last)) {
      write->end = end;
      return;
    }
    break;
  }
  list.emplace_back(effect::Write{begin, end});
}

} // namespace tempfail::session
