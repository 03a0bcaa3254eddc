// A fast hash of a message's content that doesn't depend on how the content was cut up. It tells
// messages apart; it is no defence against someone who makes collisions on purpose.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tempfail::wire {

/// Streaming: add() in any pieces, then value().
class ContentHash {
 public:
  void add(std::string_view bytes);
  /// The hash of all that was added so far.
  std::uint64_t value() const;

 private:
  static constexpr std::size_t block_size = 64;
  using Lanes = std::array<std::uint64_t, 4>;
  /// Mixes `count` blocks into the four independent lanes.
  static void mix(Lanes& lanes, const char* blocks, std::size_t count);

  Lanes lanes_{0x9E3779B97F4A7C15U, 0xD1B54A32D192ED03U, 0x8CB92BA72F3D8DD7U, 0xAAAAAAAAAAAAAAABU};
  std::uint64_t total_ = 0;
  std::size_t kept_ = 0; ///< bytes of an unfinished block
  std::array<char, block_size> block_{};
};

} // namespace tempfail::wire
