// Fuzzes the line splitter. Invariants:
// - Segments don't matter: the lines are the same as those of the whole stream.
// - No line is longer than the limit, and no more than the limit and one byte is ever kept.
// - All input is consumed, or a line is returned.
// - A line holds no LF.
#include "fuzz/targets.hpp"

#include "wire/line_splitter.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tempfail::fuzz {
namespace {

struct Owned {
  std::string text;
  wire::LineEnd end{};
  bool too_long = false;
  friend bool operator==(const Owned&, const Owned&) = default;
};

std::vector<Owned> split(std::string_view stream, std::size_t step, std::size_t limit) {
  wire::LineSplitter splitter(limit);
  std::vector<Owned> lines;
  while (!stream.empty()) {
    std::string_view segment = stream.substr(0, step);
    stream.remove_prefix(segment.size());
    while (!segment.empty()) {
      const auto line = splitter.next(segment);
      require(line || segment.empty(), "lines: all input is consumed, or a line is returned");
      require(limit == 0 || splitter.pending() <= limit + 1, "lines: memory is bounded");
      if (!line) continue;
      require(limit == 0 || line->text.size() <= limit, "lines: no line is over the limit");
      require(line->text.find('\n') == std::string_view::npos, "lines: a line holds no LF");
      lines.push_back({std::string(line->text), line->end, line->too_long});
    }
  }
  return lines;
}

} // namespace

void fuzz_lines(std::string_view input) {
  const std::size_t limit = take_byte(input) % 64;
  const std::size_t step = 1 + take_byte(input) % 32;
  const auto whole = split(input, std::max<std::size_t>(input.size(), 1), limit);
  require(whole == split(input, 1, limit), "lines: byte by byte is the same");
  require(whole == split(input, step, limit), "lines: any segments are the same");
}

} // namespace tempfail::fuzz
