// The line splitter: the same lines wherever the segments are cut.
#include "support/catch.hpp"
#include "support/split_lines.hpp"

#include <string>
#include <vector>

using namespace tempfail;

namespace {

auto split(std::string_view stream, std::size_t step, std::size_t limit) {
  return test::split_lines(stream, step, limit,
                           [](const auto&, const auto& line, std::string_view left) {
                             REQUIRE((line || left.empty())); // else it would go on for ever
                           });
}

} // namespace

TEST_CASE("line_splitter: whole lines, and what is left over") {
  wire::LineSplitter splitter(512);
  std::string_view input = "EHLO a\r\nQUIT\nNOO";
  auto line = splitter.next(input);
  REQUIRE(line);
  CHECK(line->text == "EHLO a");
  CHECK(line->end == wire::LineEnd::crlf);
  line = splitter.next(input);
  REQUIRE(line);
  CHECK(line->text == "QUIT");
  CHECK(line->end == wire::LineEnd::lf);
  CHECK_FALSE(splitter.next(input));
  CHECK(input.empty());
  CHECK(splitter.pending() == 3);
  input = "P\r\n";
  line = splitter.next(input);
  REQUIRE(line);
  CHECK(line->text == "NOOP");
  input = "";
  CHECK_FALSE(splitter.next(input));
  CHECK(splitter.pending() == 0);
}

TEST_CASE("line_splitter: a CR alone is text") {
  const auto lines = split("a\rb\r\r\n\r\n", 100, 0);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "a\rb\r");
  CHECK(lines[1].text.empty());
}

TEST_CASE("line_splitter: the limit cuts, and says so") {
  const auto lines = split("12345678\r\n123456789\r\n12345678\n123456789\nok\r\n", 100, 8);
  const std::vector<test::SplitLine> expected = {{"12345678", wire::LineEnd::crlf, false},
                                                 {"12345678", wire::LineEnd::crlf, true},
                                                 {"12345678", wire::LineEnd::lf, false},
                                                 {"12345678", wire::LineEnd::lf, true},
                                                 {"ok", wire::LineEnd::crlf, false}};
  CHECK(lines == expected);
}

TEST_CASE("line_splitter: memory is bounded by the limit") {
  wire::LineSplitter splitter(8);
  const std::string flood(1000, 'x');
  for (int i = 0; i < 100; ++i) {
    std::string_view input = flood;
    CHECK_FALSE(splitter.next(input));
  }
  CHECK(splitter.pending() <= 9);
  std::string_view input = "\r\nnext\r\n";
  const auto line = splitter.next(input);
  REQUIRE(line);
  CHECK(line->too_long);
  CHECK(line->end == wire::LineEnd::crlf);
  CHECK(splitter.next(input)->text == "next");
}

TEST_CASE("line_splitter: every split gives the same lines") {
  const std::string stream = "EHLO a\r\n\r\nMAIL FROM:<a@b>\nlonger than the limit of "
                             "it\r\nx\r\n\n\r\r\n12345678901234567890\r\nq";
  const auto whole = split(stream, stream.size(), 20);
  CHECK(whole.size() == 8);
  for (std::size_t step = 1; step < stream.size(); ++step) {
    CAPTURE(step);
    CHECK(split(stream, step, 20) == whole);
  }
}
