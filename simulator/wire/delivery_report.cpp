// Finds the fields of a notification. They are plain ASCII by RFC 3464 section 2.1, so no MIME decoding is
// needed: the part's type, an empty line, groups of fields.
#include "wire/delivery_report.hpp"

#include <algorithm>

namespace tempfail::wire {
namespace {

bool same_letter(char a, char b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return lower(a) == lower(b);
}

bool begins_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), same_letter);
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

/// The first word of a field's value: "failed (bounced)" is "failed".
std::string_view first_word(std::string_view value) {
  value = trimmed(value);
  return value.substr(0, value.find_first_of(" \t(;"));
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = trimmed(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

} // namespace

DeliveryReport read_delivery_report(std::string_view content) {
  constexpr std::string_view type = "message/delivery-status";
  DeliveryReport report;
  bool in_part = false;
  while (!content.empty()) {
    const std::string_view line = take_line(content);
    if (!in_part) {
      in_part = begins_with(line, "Content-Type:") && begins_with(trimmed(line.substr(13)), type);
      continue;
    }
    if (line.substr(0, 2) == "--") break; // the next part
    if (report.action.empty() && begins_with(line, "Action:"))
      report.action = first_word(line.substr(7));
    if (report.status.empty() && begins_with(line, "Status:"))
      report.status = first_word(line.substr(7));
  }
  return report;
}

} // namespace tempfail::wire
