// Goes from LF to LF with memchr(), and counts in the whole of what was taken what no line decides.
#include "wire/content_scan.hpp"

#include <algorithm>

namespace tempfail::wire {
namespace {

struct ByteFacts {
  std::size_t cr = 0;
  bool eight_bit = false;
  bool nul = false;
};

/// Loops so plain that the compiler makes vector instructions of them: it counts in bytes, so in pieces of at most 255.
ByteFacts byte_facts(std::string_view bytes) {
  constexpr std::size_t piece = 240;
  ByteFacts sum;
  unsigned char least = 255;
  unsigned char any = 0;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    unsigned char cr = 0;
    for (const char c : part) {
      const auto byte = static_cast<unsigned char>(c);
      cr = static_cast<unsigned char>(cr + (byte == '\r' ? 1 : 0));
      least = std::min(least, byte);
      any |= byte;
    }
    sum.cr += cr;
    bytes.remove_prefix(part.size());
  }
  sum.eight_bit = any >= 0x80;
  sum.nul = least == 0;
  return sum;
}

} // namespace

std::size_t ContentScan::scan(std::string_view bytes, bool stop_at_dot) {
  if (bytes.empty()) return 0;
  const std::size_t cr_before = after_cr ? 1 : 0;
  std::size_t crlf = 0;
  std::size_t line_begin = 0;
  std::size_t taken = bytes.size();
  for (std::size_t lf = bytes.find('\n'); lf != bytes.npos; lf = bytes.find('\n', line_begin)) {
    const bool whole = lf == 0 ? after_cr : bytes[lf - 1] == '\r';
    crlf += whole ? 1 : 0;
    bare_lf = bare_lf || !whole;
    at_line_start = whole;
    longest_line = std::max<std::uint64_t>(longest_line, line_length + (lf + 1 - line_begin));
    line_length = 0;
    line_begin = lf + 1;
    if (stop_at_dot && whole && line_begin < bytes.size() && bytes[line_begin] == '.') {
      taken = line_begin;
      break;
    }
  }
  line_length += taken - line_begin;
  at_line_start = at_line_start && line_begin == taken;
  after_cr = bytes[taken - 1] == '\r';
  const ByteFacts seen = byte_facts(bytes.substr(0, taken));
  bare_cr = bare_cr || cr_before + seen.cr != crlf + (after_cr ? 1 : 0);
  eight_bit = eight_bit || seen.eight_bit;
  nul = nul || seen.nul;
  return taken;
}

} // namespace tempfail::wire
