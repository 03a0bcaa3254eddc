// Chance that is the same in every run with the same seed: a number is computed from what it is
// for, not drawn from a sequence, so that it does not depend on who else asked before.
#pragma once

#include "scenario/units.hpp"

#include <cstdint>
#include <string_view>

namespace tempfail::state {

/// 64 well mixed bits of `value` (the finaliser of splitmix64).
std::uint64_t mix_bits(std::uint64_t value);

/// The same for a text, 64-bit FNV-1a in front.
std::uint64_t mix_bits(std::string_view text);

/// The `count`-th chance of rule `line` for `key`: uniform in [0, 1).
double chance_of(std::uint64_t seed, int line, std::string_view key, std::uint64_t count);

/// The `number`-th draw from the seed, from 0: uniform in [min, max], or min where that is no range.
Duration random_duration_of(std::uint64_t seed, std::uint64_t number, Duration min, Duration max);

} // namespace tempfail::state
