// Cuts what is too long for a report, and says how much that was.
#include "report/limits.hpp"

#include <algorithm>

namespace tempfail::report {

using namespace verdict;
namespace {

constexpr std::string_view separator = ", ";

/// Where the list's last item that is shown ends; npos: it has no more than that.
std::size_t end_of_items(std::string_view text) {
  std::size_t at = text.find(separator);
  for (std::size_t items = 1; at != std::string_view::npos && items < max_list_items; ++items)
    at = text.find(separator, at + separator.size());
  return at;
}

std::size_t count_items(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(separator); at != std::string_view::npos;
       at = text.find(separator, at + separator.size()))
    ++count;
  return count;
}

constexpr std::string_view count_begins = "… and ";

/// Whether it has been cut already, by the report that it was read from: what is left out is not to be counted again.
bool is_cut(std::string_view text, std::size_t most) {
  constexpr std::size_t room_for_count = 40;
  const std::size_t at = text.rfind(count_begins);
  if (at == std::string_view::npos || text.size() > most + room_for_count) return false;
  const std::string_view count = text.substr(at + count_begins.size());
  const std::size_t digits = std::min(count.find_first_not_of("0123456789"), count.size());
  const std::string_view rest = count.substr(digits);
  return digits != 0 && (rest == " more" || rest == " more bytes");
}

/// At most `most` bytes and a count, no character of UTF-8 cut in two.
std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most || is_cut(text, most)) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return std::string(text.substr(0, end)) + std::string(count_begins) +
         std::to_string(text.size() - end) + " more bytes";
}

} // namespace

std::string left_out(std::size_t count) {
  return count == 0 ? std::string() : std::string(count_begins) + std::to_string(count) + " more";
}

std::string shown_text(std::string_view text) {
  if (is_cut(text, max_text_bytes)) return std::string(text);
  const std::size_t end = end_of_items(text);
  if (end == std::string_view::npos || end > max_text_bytes) return shortened(text, max_text_bytes);
  return std::string(text.substr(0, end)) + ", " + left_out(count_items(text.substr(end)));
}

std::string shown_line(std::string_view text) {
  return shortened(text, max_line_bytes);
}

ShownFinding::ShownFinding(const Finding& shown)
    : finding(shown), expected(shown_text(shown.expected)), actual(shown_text(shown.actual)),
      near_miss(shown_text(shown.near_miss)),
      evidence(std::span(shown.evidence)
                   .first(std::min(shown.evidence.size(), max_evidence_per_finding))),
      evidence_left_out(shown.evidence.size() - evidence.size() + shown.evidence_left_out) {}

} // namespace tempfail::report
