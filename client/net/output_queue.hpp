// Bytes that wait to be written: own strings, and parts of contents that are shared.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

class OutputQueue {
 public:
  void push(std::string bytes);
  void push(std::shared_ptr<const std::string> content, std::size_t offset, std::size_t length);

  bool empty() const { return pieces_.empty(); }
  void clear() { pieces_.clear(); }
  /// The first bytes, at most `most`; only while it is not empty.
  std::string_view front(std::size_t most) const { return pieces_.front().view().substr(0, most); }
  /// The first pieces, at most `most` of them. They stay where they are while more is pushed.
  std::vector<std::string_view> pieces(std::size_t most) const;
  void consume(std::size_t count);

 private:
  struct Piece {
    std::string own;
    std::shared_ptr<const std::string> content;
    std::size_t offset = 0;
    std::size_t length = 0;

    std::string_view view() const {
      return std::string_view(content ? *content : own).substr(offset, length);
    }
  };

  std::deque<Piece> pieces_;
};

} // namespace tempfail::client
