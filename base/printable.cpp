// What may be shown as it is, and the rest as \xNN.
#include "base/printable.hpp"

#include <array>
#include <cstdio>

namespace tempfail::base {
namespace {

/// The length of the UTF-8 sequence at the front of `text` when it is one that may be printed: no control,
/// no surrogate, none of the two code points that XML forbids. 0: it may not.
std::size_t printable_length(std::string_view text) {
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  std::size_t length = 0;
  unsigned code = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
    code = first & 0x1FU;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    code = first & 0x0FU;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    code = first & 0x07U;
  } else {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<unsigned, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return 0;
  if (code < 0xA0 || code == 0xFFFE || code == 0xFFFF) return 0;
  const bool turns_text_round =
      (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return turns_text_round ? 0 : length;
}

} // namespace

std::string printable(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (kept.find(text.front()) != std::string_view::npos) {
      out += text.front();
      text.remove_prefix(1);
    } else if (const std::size_t length = printable_length(text); length != 0) {
      out += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      char code[5];
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(text.front()));
      out += code;
      text.remove_prefix(1);
    }
  }
  return out;
}

} // namespace tempfail::base
