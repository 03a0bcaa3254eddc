// How strongly the source of a rule asks for it, and how strongly the judge does.
#pragma once

#include "scenario/expectation.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::verdict {

/// How the source of a rule asks for it.
enum class Keyword : std::uint8_t {
  must,
  must_not,
  should,
  should_not,
  may,
  stated,   ///< the RFC says it without a keyword
  practice, ///< no RFC says it: guides of large receivers or of other trades do
};
inline constexpr std::array<std::string_view, 7> keyword_names = {
    "must", "must-not", "should", "should-not", "may", "stated", "practice"};

/// The word of JSON: "must-not".
constexpr std::string_view to_string(Keyword keyword) {
  return keyword_names[static_cast<std::size_t>(keyword)];
}
/// The word as people write it: "MUST NOT", "stated".
std::string_view keyword_word(Keyword keyword);

/// Whether a rule asked at this level is asked more strongly than its source asks for it, so that it needs a reason.
/// What is stated without a keyword counts as much as a SHOULD.
bool is_stricter_than_source(Keyword keyword, scenario::Level level);

/// The source and what it says: "RFC 5321 section 4.2.1 (it says SHOULD NOT)".
std::string cited(std::string_view source, Keyword keyword);

/// "MUST", "SHOULD".
std::string_view level_word(scenario::Level level);

} // namespace tempfail::verdict
