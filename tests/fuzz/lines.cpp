// Fuzzes the line splitter. Invariants:
// - Segments don't matter: the lines are the same as those of the whole stream.
// - No line is longer than the limit, and no more than the limit and one byte is ever kept.
// - All input is consumed, or a line is returned.
// - A line holds no LF.
#include "fuzz/targets.hpp"

#include "support/split_lines.hpp"

#include <optional>

namespace tempfail::fuzz {
namespace {

auto split(std::string_view stream, std::size_t step, std::size_t limit) {
  const auto look = [limit](const wire::LineSplitter& splitter,
                            const std::optional<wire::Line>& line, std::string_view left) {
    require(line || left.empty(), "lines: all input is consumed, or a line is returned");
    require(limit == 0 || splitter.pending() <= limit + 1, "lines: memory is bounded");
    if (!line) return;
    require(limit == 0 || line->text.size() <= limit, "lines: no line is over the limit");
    require(line->text.find('\n') == std::string_view::npos, "lines: a line holds no LF");
  };
  return test::split_lines(stream, step, limit, look);
}

} // namespace

void fuzz_lines(std::string_view input) {
  const std::size_t limit = take_byte(input) % 64;
  const std::size_t step = 1 + take_byte(input) % 32;
  const auto whole = split(input, input.size(), limit);
  require(whole == split(input, 1, limit), "lines: byte by byte is the same");
  require(whole == split(input, step, limit), "lines: any segments are the same");
}

} // namespace tempfail::fuzz
