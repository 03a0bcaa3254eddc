// A stream cut into segments, and the lines a splitter makes of them: kept by value, so that two ways can be compared.
#pragma once

#include "wire/line_splitter.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::test {

struct SplitLine {
  std::string text;
  wire::LineEnd end{};
  bool too_long = false;
  friend bool operator==(const SplitLine&, const SplitLine&) = default;
};

/// All lines of `stream`, handed over in segments of `step` bytes. After each step of the splitter, `look` sees it, the
/// line it returned, if any, and what it has left of the segment.
template <typename Look>
std::vector<SplitLine> split_lines(std::string_view stream, std::size_t step, std::size_t limit,
                                   Look look) {
  wire::LineSplitter splitter(limit);
  std::vector<SplitLine> lines;
  while (!stream.empty()) {
    std::string_view segment = stream.substr(0, std::max<std::size_t>(step, 1));
    stream.remove_prefix(segment.size());
    while (!segment.empty()) {
      const auto line = splitter.next(segment);
      look(splitter, line, segment);
      if (line) lines.push_back({std::string(line->text), line->end, line->too_long});
    }
  }
  return lines;
}

} // namespace tempfail::test
