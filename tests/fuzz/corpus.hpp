// Where fuzzing begins without a fuzzer: dialogues worth mutating, and how they are mutated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::fuzz {

/// Inputs of interest to all targets.
const std::vector<std::string>& corpus();

/// A mutation of one of them, the same for the same number.
std::string mutation(std::uint64_t number);

} // namespace tempfail::fuzz
