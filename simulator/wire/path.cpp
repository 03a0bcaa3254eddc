// Reads the argument of MAIL and RCPT by the grammar of RFC 5321 section 4.1.2, with the UTF-8 of
// RFC 6531 section 3.3. A source route is read and ignored (RFC 5321 section 4.1.1.3).
#include "base/ascii.hpp"
#include "wire/command.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace tempfail::wire {
namespace {

constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
constexpr bool is_eight_bit(char c) {
  return static_cast<unsigned char>(c) >= 0x80U;
}
/// RFC 5322's atext, and any octet of UTF-8. A table, as every octet of an address is looked up.
constexpr std::array<bool, 256> atext = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = is_letter_or_digit(c) || is_eight_bit(c);
  }
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();
constexpr bool is_atext(char c) {
  return atext[static_cast<unsigned char>(c)];
}
/// What a domain's label consists of, likewise.
constexpr std::array<bool, 256> label_text = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = is_letter_or_digit(c) || c == '-' || is_eight_bit(c);
  }
  return table;
}();

/// The length of the UTF-8 sequence that `text` begins with; 0 when it is none.
std::size_t utf8_length(std::string_view text) {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0U) != 0x80U) return 0;
  if (lead == 0xE0 && at(1) < 0xA0) return 0; // overlong
  if (lead == 0xED && at(1) > 0x9F) return 0; // a surrogate
  if (lead == 0xF0 && at(1) < 0x90) return 0; // overlong
  if (lead == 0xF4 && at(1) > 0x8F) return 0; // over U+10FFFF
  return length;
}

bool is_utf8(std::string_view text) {
  if (base::is_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// The length of the Dot-string that `text` begins with; 0 when there is none.
std::size_t dot_string_length(std::string_view text) {
  std::size_t i = 0;
  while (true) {
    const std::size_t atom = i;
    while (i < text.size() && is_atext(text[i]))
      ++i;
    if (i == atom) return 0; // an empty atom
    if (i == text.size() || text[i] != '.') return i;
    ++i;
  }
}

/// The length of the Quoted-string that `text` begins with; 0 when it is malformed.
std::size_t quoted_string_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') return i + 1;
    if (c == '\\') {
      if (++i == text.size()) return 0;
      c = text[i];
      if (is_eight_bit(c)) return 0;
    }
    if (c < ' ' && !is_eight_bit(c)) return 0;
    if (c == '\x7f') return 0;
  }
  return 0;
}

bool is_address_of_family(std::string_view text, int family) {
  std::array<char, INET6_ADDRSTRLEN + 1> copy{};
  if (text.empty() || text.size() >= copy.size()) return false;
  if (text.find('\0') != std::string_view::npos) return false;
  text.copy(copy.data(), text.size());
  std::array<unsigned char, 16> address{};
  return inet_pton(family, copy.data(), address.data()) == 1;
}

/// What stands between the brackets of an address literal (section 4.1.3).
bool is_address_literal(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return is_address_of_family(text, AF_INET);
  const std::string_view tag = text.substr(0, colon);
  const std::string_view content = text.substr(colon + 1);
  if (tag.size() == 4 && (tag[0] | 0x20) == 'i' && (tag[1] | 0x20) == 'p' &&
      (tag[2] | 0x20) == 'v' && tag[3] == '6')
    return is_address_of_family(content, AF_INET6);
  if (tag.empty() || content.empty() || tag.back() == '-') return false;
  for (const char c : tag)
    if (!is_letter_or_digit(c) && c != '-') return false;
  for (const char c : content)
    if (c < '!' || c > '~' || c == '[' || c == '\\' || c == ']') return false;
  return true;
}

/// The length of the Domain or address literal that `text` begins with; 0 when it is malformed.
std::size_t domain_length(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_address_literal(text.substr(1, end - 1))) return 0;
    return end + 1;
  }
  std::size_t i = 0;
  while (true) {
    const std::size_t label = i;
    while (i < text.size() && label_text[static_cast<unsigned char>(text[i])])
      ++i;
    if (i == label || text[label] == '-' || text[i - 1] == '-') return 0;
    if (i == text.size() || text[i] != '.') return i;
    ++i;
  }
}

/// The length of the source route "@a,@b:" that `text` begins with, 0 when there is none; nothing
/// when it is malformed.
std::optional<std::size_t> source_route_length(std::string_view text) {
  if (!text.starts_with('@')) return 0;
  std::size_t i = 0;
  while (i < text.size() && text[i] == '@') {
    const std::size_t domain = domain_length(text.substr(i + 1));
    if (domain == 0) return std::nullopt;
    i += 1 + domain;
    if (i == text.size()) return std::nullopt;
    if (text[i] == ':') return i + 1;
    if (text[i] != ',') return std::nullopt;
    ++i;
  }
  return std::nullopt;
}

bool begins_with_keyword(std::string_view text, std::string_view keyword) {
  if (text.size() <= keyword.size() || text[keyword.size()] != ':') return false;
  for (std::size_t i = 0; i < keyword.size(); ++i)
    if ((text[i] & ~0x20) != keyword[i]) return false;
  return true;
}

bool is_postmaster(std::string_view text) {
  constexpr std::string_view name = "postmaster>";
  if (text.size() < name.size()) return false;
  for (std::size_t i = 0; i + 1 < name.size(); ++i)
    if ((text[i] | 0x20) != name[i]) return false;
  return text[name.size() - 1] == '>';
}

/// Reads "<path>" off the front of `text` into `address`. False when it is malformed.
bool read_path(std::string_view& text, bool is_recipient, std::string_view& address) {
  if (!text.starts_with('<')) return false;
  text.remove_prefix(1);
  if (!is_recipient && text.starts_with('>')) {
    address = text.substr(0, 0);
    text.remove_prefix(1);
    return true;
  }
  if (is_recipient && is_postmaster(text)) {
    address = text.substr(0, 10);
    text.remove_prefix(11);
    return true;
  }
  const std::optional<std::size_t> route = source_route_length(text);
  if (!route) return false;
  text.remove_prefix(*route);
  const std::size_t local =
      text.starts_with('"') ? quoted_string_length(text) : dot_string_length(text);
  if (local == 0 || local >= text.size() || text[local] != '@') return false;
  const std::size_t domain = domain_length(text.substr(local + 1));
  const std::size_t length = local + 1 + domain;
  if (domain == 0 || length >= text.size() || text[length] != '>') return false;
  address = text.substr(0, length);
  text.remove_prefix(length + 1);
  return is_utf8(address);
}

/// One "keyword[=value]" (RFC 5321's esmtp-param).
std::optional<Parameter> parse_parameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  Parameter parameter{text.substr(0, equals), {}};
  if (parameter.keyword.empty() || parameter.keyword.front() == '-') return std::nullopt;
  for (const char c : parameter.keyword)
    if (!is_letter_or_digit(c) && c != '-') return std::nullopt;
  if (equals == std::string_view::npos) return parameter;
  parameter.value = text.substr(equals + 1);
  if (parameter.value.empty()) return std::nullopt;
  for (const char c : parameter.value)
    if (!is_eight_bit(c) && (c < '!' || c == '=' || c > '~')) return std::nullopt;
  return parameter;
}

} // namespace

bool is_hello_name(std::string_view text) {
  if (text.empty()) return false;
  if (text.find('_') == std::string_view::npos) return domain_length(text) == text.size();
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '_', 'a');
  return domain_length(plain) == plain.size();
}

bool is_dot_string(std::string_view text) {
  return !text.empty() && dot_string_length(text) == text.size();
}

PathResult parse_path(std::string_view arguments, std::string_view keyword) {
  PathResult result;
  if (!begins_with_keyword(arguments, keyword)) {
    result.error = PathError::missing_keyword;
    return result;
  }
  std::string_view rest = arguments.substr(keyword.size() + 1);
  while (rest.starts_with(' ') || rest.starts_with('\t')) {
    rest.remove_prefix(1);
    result.space_after_colon = true;
  }
  if (!read_path(rest, keyword == "TO", result.path.address)) {
    result.error = PathError::malformed_path;
    return result;
  }
  if (!rest.empty() && rest.front() != ' ') result.error = PathError::malformed_parameter;
  while (!rest.empty() && !result.error) {
    const std::size_t begin = rest.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    rest.remove_prefix(begin);
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    if (const std::optional<Parameter> parameter = parse_parameter(word))
      result.path.parameters.push_back(*parameter);
    else
      result.error = PathError::malformed_parameter;
  }
  return result;
}

} // namespace tempfail::wire
