// The memory of a decoded journal.
#pragma once

#include "journal/event.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

namespace tempfail::journal {

/// What events point into: texts that stay where they are, and lists. Nothing of it is ever taken out.
class EventMemory {
 public:
  /// A copy of `text` that lives as long as this.
  std::string_view keep(std::string_view text);

  std::deque<std::vector<event::Host>> hosts;
  std::deque<std::vector<event::RecipientReport>> reports;
  std::deque<std::vector<std::string_view>> texts;

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0; ///< of the last block
  std::size_t size_ = 0; ///< of the last block
};

} // namespace tempfail::journal
