// What may stand behind an option: checks whose complaints read "--port abc: allowed: 0 to 65535".
#pragma once

#include "cli/cli11.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::cli {

/// A whole number in decimal.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
/// One of these words.
CLI::Validator one_of(std::vector<std::string> words);
/// A number, with a fraction or without, for which `is_right` holds; `allowed` says it in words.
CLI::Validator number(bool (*is_right)(double), std::string allowed);

/// A complaint of CLI11's about the value of an option, or its absence, in our words.
std::string value_complaint(const CLI::ParseError& error);

} // namespace tempfail::cli
