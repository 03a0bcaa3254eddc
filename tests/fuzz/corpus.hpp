// Where fuzzing begins without a fuzzer: dialogues worth mutating, and how they are mutated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::fuzz {

/// Inputs of interest to all targets.
const std::vector<std::string>& corpus();
/// Journals, each after a byte that chooses a scenario: those that the judge's own tests judge.
const std::vector<std::string>& journal_corpus();
/// Notifications of several kinds, and what is wrong with some of them.
const std::vector<std::string>& notification_corpus();
/// Bodies, targets and fields of the HTTP API.
const std::vector<std::string>& http_corpus();
/// JSON reports: whole, short, and with texts that are hostile.
const std::vector<std::string>& report_corpus();

/// A mutation of one of `inputs`, the same for the same number.
std::string mutation(const std::vector<std::string>& inputs, std::uint64_t number);

} // namespace tempfail::fuzz
