// Keeping what is to be written.
#include "client/net/output_queue.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::client {

void OutputQueue::push(std::string bytes) {
  const std::size_t length = bytes.size();
  if (length > 0) {
    pieces_.push_back({.own = std::move(bytes), .content = nullptr, .length = length});
  }
}

void OutputQueue::push(std::shared_ptr<const std::string> content, std::size_t offset,
                       std::size_t length) {
  if (length > 0) {
    pieces_.push_back(
        {.own = {}, .content = std::move(content), .offset = offset, .length = length});
  }
}

std::vector<std::string_view> OutputQueue::pieces(std::size_t most) const {
  std::vector<std::string_view> views;
  for (std::size_t index = 0; index < pieces_.size() && index < most; ++index) {
    views.push_back(pieces_[index].view());
  }
  return views;
}

void OutputQueue::consume(std::size_t count) {
  while (count > 0 && !pieces_.empty()) {
    Piece& first = pieces_.front();
    const std::size_t part = std::min(count, first.length);
    first.offset += part;
    first.length -= part;
    count -= part;
    if (first.length == 0) {
      pieces_.pop_front();
    }
  }
}

} // namespace tempfail::client
