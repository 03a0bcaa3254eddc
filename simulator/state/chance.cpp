// Numbers from a seed.
#include "state/chance.hpp"

namespace tempfail::state {

std::uint64_t mix_bits(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

std::uint64_t mix_bits(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char character : text) {
    hash ^= static_cast<unsigned char>(character);
    hash *= 0x100000001b3U;
  }
  return mix_bits(hash);
}

double chance_of(std::uint64_t seed, int line, std::string_view key, std::uint64_t count) {
  const std::uint64_t bits =
      mix_bits(mix_bits(mix_bits(seed ^ mix_bits(key)) + static_cast<std::uint64_t>(line)) + count);
  constexpr double one = 9007199254740992.0; // 2^53: as many bits as a double holds exactly
  return static_cast<double>(bits >> 11U) / one;
}

Duration random_duration_of(std::uint64_t seed, std::uint64_t number, Duration min, Duration max) {
  if (max <= min) return min;
  const auto span = static_cast<std::uint64_t>((max - min).count()) + 1;
  const std::uint64_t bits = mix_bits(mix_bits(seed) + number);
  return min + Duration(static_cast<std::int64_t>(bits % span));
}

} // namespace tempfail::state
