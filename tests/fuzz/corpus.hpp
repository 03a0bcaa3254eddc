// Where fuzzing begins without a fuzzer: dialogues worth mutating, and how they are mutated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::fuzz {

/// Inputs of interest to all targets.
const std::vector<std::string>& corpus();
/// Bodies, targets and fields of the HTTP API.
const std::vector<std::string>& http_corpus();

/// A mutation of one of them, the same for the same number.
std::string mutation(std::uint64_t number, const std::vector<std::string>& from = corpus());

} // namespace tempfail::fuzz
