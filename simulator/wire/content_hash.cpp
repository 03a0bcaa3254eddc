// Four lanes of 64x64 -> 128 bit multiplications, 16 bytes each, so that they overlap in the
// processor.
#include "wire/content_hash.hpp"

#include <algorithm>
#include <cstring>

namespace tempfail::wire {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

constexpr std::array<std::uint64_t, 4> keys = {0xA0761D6478BD642FU, 0xE7037ED1A0B428DBU,
                                               0x8EBC6AF09C88C6E3U, 0x589965CC75374CC3U};

} // namespace

void ContentHash::mix(Lanes& lanes, const char* blocks, std::size_t count) {
  // Written out, so that the lanes stay in registers at any level of optimisation worth its name.
  auto [a, b, c, d] = lanes;
  for (; count != 0; --count, blocks += block_size) {
    a = multiply(word_at(blocks) ^ keys[0], word_at(blocks + 8) ^ a);
    b = multiply(word_at(blocks + 16) ^ keys[1], word_at(blocks + 24) ^ b);
    c = multiply(word_at(blocks + 32) ^ keys[2], word_at(blocks + 40) ^ c);
    d = multiply(word_at(blocks + 48) ^ keys[3], word_at(blocks + 56) ^ d);
  }
  lanes = {a, b, c, d};
}

void ContentHash::add(std::string_view bytes) {
  total_ += bytes.size();
  if (kept_ != 0) {
    const std::size_t length = std::min(block_size - kept_, bytes.size());
    bytes.copy(block_.data() + kept_, length);
    bytes.remove_prefix(length);
    kept_ += length;
    if (kept_ < block_size) return;
    mix(lanes_, block_.data(), 1);
    kept_ = 0;
  }
  mix(lanes_, bytes.data(), bytes.size() / block_size);
  bytes.remove_prefix(bytes.size() / block_size * block_size);
  kept_ = bytes.copy(block_.data(), bytes.size());
}

std::uint64_t ContentHash::value() const {
  Lanes lanes = lanes_;
  std::array<char, block_size> last{};
  std::copy_n(block_.begin(), kept_, last.begin());
  mix(lanes, last.data(), 1);
  const std::uint64_t left = multiply(lanes[0] ^ keys[1], lanes[1] ^ total_);
  const std::uint64_t right = multiply(lanes[2] ^ keys[2], lanes[3] ^ keys[3]);
  return multiply(left ^ keys[0], right ^ total_);
}

} // namespace tempfail::wire
