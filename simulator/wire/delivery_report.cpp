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

/// The address in "rfc822; a@b" (RFC 3464 section 2.3.1).
std::string_view address_of(std::string_view value) {
  const std::size_t type_end = value.find(';');
  value = trimmed(value.substr(type_end == std::string_view::npos ? 0 : type_end + 1));
  if (value.size() >= 2 && value.front() == '<' && value.back() == '>')
    value = value.substr(1, value.size() - 2);
  return value;
}

/// Takes a field of a recipient's group in.
void read_field(std::string_view line, RecipientReport& report) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view value = line.substr(colon + 1);
  if (begins_with(line, "Final-Recipient:"))
    report.recipient = address_of(value);
  else if (begins_with(line, "Original-Recipient:") && report.recipient.empty())
    report.recipient = address_of(value);
  else if (begins_with(line, "Action:") && report.action.empty())
    report.action = first_word(value);
  else if (begins_with(line, "Status:") && report.status.empty())
    report.status = first_word(value);
}

} // namespace

std::vector<RecipientReport> read_delivery_reports(std::string_view content) {
  constexpr std::string_view type = "message/delivery-status";
  std::vector<RecipientReport> reports;
  RecipientReport current;
  const auto end_group = [&] {
    // The first group is about the message, and has neither.
    if (!current.action.empty() || !current.recipient.empty()) reports.push_back(current);
    current = {};
  };
  bool in_part = false;
  bool in_fields = false; ///< behind the part's own header
  while (!content.empty()) {
    const std::string_view line = take_line(content);
    if (!in_part) {
      in_part = begins_with(line, "Content-Type:") && begins_with(trimmed(line.substr(13)), type);
      continue;
    }
    if (line.substr(0, 2) == "--") break; // the next part
    if (line.empty()) {
      if (in_fields) end_group();
      in_fields = true;
    } else if (in_fields) {
      read_field(line, current);
    }
  }
  end_group();
  return reports;
}

} // namespace tempfail::wire
