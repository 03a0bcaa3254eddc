// Texts that stay where they are: in blocks, one after the other.
#include "journal/event_memory.hpp"

#include <algorithm>
#include <cstring>

namespace tempfail::journal {

std::string_view EventMemory::keep(std::string_view text) {
  constexpr std::size_t block_size = std::size_t{64} << 10U;
  if (size_ - used_ < text.size()) {
    size_ = std::max(block_size, text.size());
    used_ = 0;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size_));
  }
  char* const at = blocks_.back().get() + used_;
  std::memcpy(at, text.data(), text.size());
  used_ += text.size();
  return {at, text.size()};
}

} // namespace tempfail::journal
