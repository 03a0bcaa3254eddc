// Turns blocks of 64 bytes into bit masks, with the widest registers the processor has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tempfail::wire {

inline constexpr std::size_t block_size = 64;       ///< bytes, one bit of a mask each
inline constexpr std::size_t blocks_per_batch = 64; ///< so many are looked at in one go

/// What a batch of blocks holds. Bit i of a block's mask speaks of its byte i.
struct ByteMasks {
  std::array<std::uint64_t, blocks_per_batch> lf;
  std::array<std::uint64_t, blocks_per_batch> cr;
  bool eight_bit; ///< some octet of the batch is over 127
  bool nul;       ///< some octet of the batch is 0
};

/// Fills `masks` for `count` blocks that begin at `bytes`.
void find_byte_masks(const char* bytes, std::size_t count, ByteMasks& masks);

} // namespace tempfail::wire
