// Reads the fields of a notification group by group.
#include "wire/delivery_report.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace tempfail::wire {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  return base::trimmed(text, blanks);
}

/// The first word of a field's value: "failed (bounced)" is "failed".
std::string_view first_word_of(std::string_view value) {
  value = trimmed(value);
  return value.substr(0, value.find_first_of(" \t(;"));
}

void append_utf8(std::uint32_t code, std::string& text) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | code >> 6U);
    add(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    add(0xE0U | code >> 12U);
    add(0x80U | (code >> 6U & 0x3FU));
    add(0x80U | (code & 0x3FU));
  } else {
    add(0xF0U | code >> 18U);
    add(0x80U | (code >> 12U & 0x3FU));
    add(0x80U | (code >> 6U & 0x3FU));
    add(0x80U | (code & 0x3FU));
  }
}

/// The characters that "\x{E4}" stands for in an address of type utf-8 (RFC 6533 section 3).
std::string without_escapes(std::string_view text) {
  constexpr std::uint32_t last_code = 0x10FFFF;
  std::string plain;
  while (!text.empty()) {
    const std::size_t end = text.starts_with("\\x{") ? text.find('}') : std::string_view::npos;
    std::uint32_t code = 0;
    if (end != std::string_view::npos) {
      const auto [rest, error] = std::from_chars(text.data() + 3, text.data() + end, code, 16);
      if (error == std::errc{} && rest == text.data() + end && code != 0 && code <= last_code) {
        append_utf8(code, plain);
        text.remove_prefix(end + 1);
        continue;
      }
    }
    plain += text.front();
    text.remove_prefix(1);
  }
  return plain;
}

/// Without comments, which may stand in brackets anywhere but in quotes (RFC 822 section 3.4.3).
std::string without_comments(std::string_view text) {
  std::string plain;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size();
    if (!escapes && text[i] == '"' && depth == 0) quoted = !quoted;
    if (!escapes && text[i] == '(' && !quoted) {
      ++depth;
      continue;
    }
    if (!escapes && text[i] == ')' && depth > 0) {
      --depth;
      continue;
    }
    if (depth == 0) plain += text.substr(i, escapes ? 2 : 1);
    if (escapes) ++i;
  }
  return depth == 0 ? plain : std::string(text);
}

/// The address in "rfc822; a@b" (RFC 3464 section 2.3.1).
std::string address_of(std::string_view field) {
  const std::string plain = without_comments(field);
  std::string_view value = plain;
  const std::size_t type_end = value.find(';');
  const bool has_type = type_end != std::string_view::npos;
  const std::string_view type = has_type ? trimmed(value.substr(0, type_end)) : "";
  value = trimmed(value.substr(has_type ? type_end + 1 : 0));
  if (value.size() >= 2 && value.front() == '<' && value.back() == '>')
    value = value.substr(1, value.size() - 2);
  return base::equal_ignoring_case(type, "utf-8") ? without_escapes(value) : std::string(value);
}

struct Field {
  std::string_view name;
  std::string value; ///< on one line
};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  while (!line.empty() && line.back() == '\r')
    line.remove_suffix(1);
  return line;
}

/// The next group of fields, behind the empty lines in front of it; none: nothing is left.
std::vector<Field> take_group(std::string_view& text) {
  std::vector<Field> fields;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (trimmed(line).empty()) {
      if (!fields.empty()) break;
      continue;
    }
    if (blanks.find(line.front()) != std::string_view::npos && !fields.empty()) {
      fields.back().value += " " + std::string(trimmed(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    fields.push_back(
        {trimmed(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
  }
  return fields;
}

/// The first of this name; empty: there is none.
std::string value_of(const std::vector<Field>& group, std::string_view name) {
  const auto found = std::find_if(group.begin(), group.end(), [name](const Field& field) {
    return base::equal_ignoring_case(field.name, name);
  });
  return found == group.end() ? std::string() : found->value;
}

RecipientReport report_of(const std::vector<Field>& group) {
  RecipientReport report;
  const std::string final_recipient = value_of(group, "Final-Recipient");
  report.original_recipient = value_of(group, "Original-Recipient");
  report.final_is_missing = final_recipient.empty();
  report.recipient =
      address_of(final_recipient.empty() ? report.original_recipient : final_recipient);
  report.action = first_word_of(value_of(group, "Action"));
  report.status = first_word_of(value_of(group, "Status"));
  report.remote_mta = value_of(group, "Remote-MTA");
  report.diagnostic = value_of(group, "Diagnostic-Code");
  report.will_retry_until = value_of(group, "Will-Retry-Until");
  return report;
}

} // namespace

DeliveryStatus read_delivery_status(std::string_view body) {
  DeliveryStatus status;
  status.eight_bit = std::any_of(body.begin(), body.end(),
                                 [](char c) { return static_cast<unsigned char>(c) > 127; });
  while (!body.empty()) {
    const std::vector<Field> group = take_group(body);
    if (status.reporting_mta.empty()) status.reporting_mta = value_of(group, "Reporting-MTA");
    if (status.original_envelope_id.empty())
      status.original_envelope_id = value_of(group, "Original-Envelope-Id");
    RecipientReport report = report_of(group);
    // The first group is about the message, and has neither.
    if (!report.action.empty() || !report.recipient.empty())
      status.recipients.push_back(std::move(report));
  }
  return status;
}

} // namespace tempfail::wire
