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
  for (std::size_t items = 1; at != std::string_view::npos && items < most_items; ++items)
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

/// At most `most` bytes and a count, no character of UTF-8 cut in two.
std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return std::string(text.substr(0, end)) + "… and " + std::to_string(text.size() - end) +
         " more bytes";
}

} // namespace

std::string left_out(std::size_t count) {
  return count == 0 ? std::string() : "… and " + std::to_string(count) + " more";
}

std::string shown_text(std::string_view text) {
  const std::size_t end = end_of_items(text);
  if (end == std::string_view::npos || end > most_text) return shortened(text, most_text);
  return std::string(text.substr(0, end)) + ", " + left_out(count_items(text.substr(end)));
}

std::string shown_line(std::string_view text) {
  return shortened(text, most_line);
}

Shown::Shown(const Finding& shown)
    : finding(shown), expected(shown_text(shown.expected)), actual(shown_text(shown.actual)),
      near_miss(shown_text(shown.near_miss)),
      evidence(std::span(shown.evidence).first(std::min(shown.evidence.size(), most_evidence))),
      evidence_left_out(shown.evidence.size() - evidence.size()) {}

} // namespace tempfail::report
