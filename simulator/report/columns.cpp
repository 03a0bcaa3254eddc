// Columns are counted in code points.
#include "report/columns.hpp"

#include <algorithm>

namespace tempfail::report {

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t taken = columns(text);
  if (taken < width) text.append(width - taken, ' ');
  return text;
}

std::string cut(const std::string& text, std::size_t width) {
  if (columns(text) <= width) return text;
  std::string out;
  std::size_t taken = 0;
  for (const char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (starts && ++taken >= width) break;
    out += c;
  }
  return out + "…";
}

std::vector<std::string> wrapped(std::string rest, std::size_t room) {
  std::vector<std::string> lines;
  do {
    std::string piece = rest;
    if (columns(rest) > room) {
      std::size_t end = rest.rfind(' ', std::min(room, rest.size() - 1));
      if (end == std::string::npos || end == 0) end = std::min(rest.find(' '), rest.size());
      piece = rest.substr(0, end);
    }
    rest.erase(0, std::min(piece.size() + 1, rest.size()));
    lines.push_back(std::move(piece));
  } while (!rest.empty());
  return lines;
}

std::string painted(const TextStyle& style, std::string_view colour, std::string_view text) {
  if (!style.colour) return std::string(text);
  return "\x1b[" + std::string(colour) + "m" + std::string(text) + "\x1b[0m";
}

} // namespace tempfail::report
