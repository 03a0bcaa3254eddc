// A journal in memory, which can be read on while it grows, by position and by other threads.
#pragma once

#include "journal/recorder.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::control {

/// Bytes that never change again and are there as long as somebody has them.
struct Piece {
  std::shared_ptr<const char[]> bytes;
  std::size_t begin = 0;
  std::size_t size = 0;

  std::string_view text() const { return {bytes.get() + begin, size}; }
};

/// Events as lines of JSON. An event's position is its number in the journal (`seq`), from 1.
class MemoryJournal final : public journal::Recorder {
 public:
  /// Keeps `limit` bytes; what comes after is lost here, and its position stays empty. Events go to `also`, too, which
  /// may be null.
  explicit MemoryJournal(std::size_t limit, journal::Recorder* also = nullptr)
      : limit_(limit), also_(also) {}

  void record(const journal::Event& event) override;
  void flush() override;
  /// Called in flush() when something is new, with nothing of the journal under way.
  void on_growth(std::function<void()> callback) { on_growth_ = std::move(callback); }

  /// Called with each event and its position, in the middle of what its server does; null: nobody is.
  void on_event(std::function<void(const journal::Event&, std::uint64_t)> callback) {
    on_event_ = std::move(callback);
  }

  /// The last event's position, whether it was kept or lost.
  std::uint64_t position() const { return position_; }
  std::uint64_t lost() const { return position_ - ends_.size(); }
  std::size_t size() const { return size_; } ///< bytes

  /// Lines.
  struct Lines {
    std::string text;
    std::uint64_t last = 0; ///< position of the last one; where there is none, the one asked for
  };
  /// The lines after a position: whole ones, `most` bytes of them, but one at least where there is one.
  Lines after(std::uint64_t position, std::size_t most) const;
  /// All from this byte on.
  std::vector<Piece> from(std::size_t byte) const;

 private:
  struct Block {
    std::shared_ptr<char[]> bytes;
    std::size_t capacity = 0;
    std::size_t first = 0; ///< its first byte's place in the journal
    std::size_t used = 0;
  };

  void append(std::string_view line);
  std::size_t block_of(std::size_t byte) const;

  std::size_t limit_;
  journal::Recorder* also_;
  std::function<void()> on_growth_;
  std::function<void(const journal::Event&, std::uint64_t)> on_event_;
  std::vector<Block> blocks_;
  std::vector<std::size_t> ends_; ///< of the kept events, which are the first: bytes
  std::string line_;              ///< memory of the line at work
  std::uint64_t position_ = 0;
  std::size_t size_ = 0;
  bool has_grown_ = false;
};

} // namespace tempfail::control
