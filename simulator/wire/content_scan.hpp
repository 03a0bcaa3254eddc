// Looks at content for what matters in it: ends of lines, stray CR and LF, NUL and octets over 127.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tempfail::wire {

/// What was found, and where the scan stands in the current line.
struct ContentScan {
  bool bare_lf = false;
  bool bare_cr = false;
  bool eight_bit = false;
  bool nul = false;
  bool after_cr = false;          ///< the last byte was a CR
  bool at_line_start = true;      ///< the last two bytes were CR LF, or nothing came yet
  std::uint64_t line_length = 0;  ///< bytes since the last LF
  std::uint64_t longest_line = 0; ///< of the finished lines, with their ends

  /// Scans `bytes` and returns how many were taken: all, or with `stop_at_dot` those up to the
  /// first line that begins with a dot. The facts are of the bytes taken alone.
  std::size_t scan(std::string_view bytes, bool stop_at_dot);
};

} // namespace tempfail::wire
