// Replies and enhanced status codes, from text and to the wire.
#include "wire/reply.hpp"

#include "base/ascii.hpp"

#include <charconv>

namespace tempfail::wire {
namespace {

using base::is_digit;

/// Reads 1 to 3 digits without a leading zero off the front (RFC 3463 section 2).
std::optional<std::uint16_t> take_number(std::string_view& text) {
  std::size_t length = 0;
  std::uint16_t value = 0;
  while (length < text.size() && is_digit(text[length])) {
    if (length == 3) return std::nullopt;
    value = static_cast<std::uint16_t>(value * 10 + (text[length] - '0'));
    ++length;
  }
  if (length == 0 || (length > 1 && text.front() == '0')) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

/// Three digits, then the line's end, a space or a hyphen.
std::optional<int> code_in_front(std::string_view line) {
  if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2]))
    return std::nullopt;
  if (line.size() > 3 && std::string_view(" -\r\n").find(line[3]) == std::string_view::npos)
    return std::nullopt;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

std::string_view without_first_word(std::string_view text) {
  const std::size_t space = text.find(' ');
  return space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
}

} // namespace

std::optional<EnhancedStatus> parse_enhanced_status(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') || text[1] != '.')
    return std::nullopt;
  EnhancedStatus status;
  status.status_class = static_cast<std::uint8_t>(text[0] - '0');
  text.remove_prefix(2);
  const std::optional<std::uint16_t> subject = take_number(text);
  if (!subject || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const std::optional<std::uint16_t> detail = take_number(text);
  if (!detail || !text.empty()) return std::nullopt;
  status.subject = *subject;
  status.detail = *detail;
  return status;
}

std::string to_string(const EnhancedStatus& status) {
  return std::to_string(status.status_class) + '.' + std::to_string(status.subject) + '.' +
         std::to_string(status.detail);
}

std::optional<Reply> parse_reply(std::string_view text) {
  const std::optional<int> code = code_in_front(text);
  if (!code) return std::nullopt;
  Reply reply;
  reply.code = *code;
  bool first = true;
  while (true) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool last_is_empty = end == std::string_view::npos && line.empty() && !first;
    if (last_is_empty) break; // the text ended with a line feed
    if (code_in_front(line) == code) line.remove_prefix(line.size() > 3 ? 4 : 3);
    const std::optional<EnhancedStatus> status = parse_enhanced_status(first_word(line));
    if (first) reply.enhanced = status;
    if (status && status == reply.enhanced) line = without_first_word(line);
    reply.lines.emplace_back(line);
    first = false;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return reply;
}

std::string serialize(const Reply& reply) {
  const int code = reply.code;
  const std::string digits{static_cast<char>('0' + code / 100 % 10),
                           static_cast<char>('0' + code / 10 % 10),
                           static_cast<char>('0' + code % 10)};
  const std::string status = reply.enhanced ? to_string(*reply.enhanced) : std::string();
  std::string wire;
  for (std::size_t i = 0; i < reply.lines.size(); ++i) {
    const bool last = i + 1 == reply.lines.size();
    wire += digits;
    std::string text = status;
    if (!status.empty() && !reply.lines[i].empty()) text += ' ';
    text += reply.lines[i];
    if (!last)
      wire += '-';
    else if (!text.empty())
      wire += ' ';
    wire += text;
    wire += "\r\n";
  }
  return wire;
}

int reply_code_in(std::string_view bytes) {
  const auto is_digit = [bytes](std::size_t at) { return bytes[at] >= '0' && bytes[at] <= '9'; };
  if (bytes.size() < 3 || !is_digit(0) || !is_digit(1) || !is_digit(2)) return 0;
  if (bytes.size() > 3 && is_digit(3)) return 0;
  return (bytes[0] - '0') * 100 + (bytes[1] - '0') * 10 + (bytes[2] - '0');
}

} // namespace tempfail::wire
