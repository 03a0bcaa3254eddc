// How much of a verdict a report shows, whatever was seen: 100,000 tries fill no more than a screen, and what is left
// out is counted. The only place that knows these limits.
#pragma once

#include "verdict/verdict.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tempfail::report {

inline constexpr std::size_t max_evidence_per_finding = 10; ///< of a finding: the first
inline constexpr std::size_t max_list_items = 10;           ///< of a list within a text
inline constexpr std::size_t max_text_bytes = 400;          ///< bytes of what a finding says
inline constexpr std::size_t max_line_bytes = 200;          ///< bytes of a line of evidence
inline constexpr std::size_t max_route_steps = 12;          ///< of the way to the hosts, in a text
inline constexpr std::size_t max_case_lines = 40; ///< of the text of a case: about a screen

/// A list that goes on with ", " after its tenth item ends there, with a count; a text ends after max_text_bytes bytes.
std::string shown_text(std::string_view text);
/// The beginning of a line of evidence.
std::string shown_line(std::string_view text);

/// What reports show of a finding, which must outlive it.
struct ShownFinding {
  explicit ShownFinding(const verdict::Finding& finding);

  const verdict::Finding& finding; ///< for what has no limit
  std::string expected;
  std::string actual;
  std::string near_miss;
  std::span<const verdict::Evidence> evidence;
  std::size_t evidence_left_out = 0;
};

/// Where the middle of a list was left out that now has `size` items: before this one.
constexpr std::size_t middle_of(std::size_t size) {
  return size - size / 2;
}
/// "… and 99990 more"; empty where nothing is left out.
std::string left_out(std::size_t count);

} // namespace tempfail::report
