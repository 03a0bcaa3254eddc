// Chance with a seed: the same seed gives the same numbers on every machine.
#pragma once

#include <cstdint>

namespace tempfail::client {

/// SplitMix64: small, fast, and the same everywhere (the standard's distributions are not).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  /// From 0 up to but not including 1.
  double fraction() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  /// From 0 up to but not including `limit` (> 0).
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }

 private:
  std::uint64_t state_;
};

} // namespace tempfail::client
