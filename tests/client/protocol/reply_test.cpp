// Replies of every shape, cut at every byte.
#include "client/protocol/reply.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace tempfail::client;

namespace {

/// All replies in `stream`, read in pieces of `piece` bytes, as "code|line|line"; then "error" if
/// one came.
std::vector<std::string> read(std::string_view stream, std::size_t piece, ReplyLimits limits = {}) {
  ReplyReader reader(limits);
  std::vector<std::string> result;
  while (!stream.empty() && !reader.failed()) {
    std::string_view part = stream.substr(0, piece);
    stream.remove_prefix(part.size());
    while (const auto reply = reader.next(part)) {
      std::string text = std::to_string(reply->code);
      for (const std::string& line : reply->lines) {
        text += '|' + line;
      }
      result.push_back(text);
    }
  }
  if (reader.failed()) {
    result.emplace_back("error");
  }
  return result;
}

} // namespace

TEST_CASE("replies_are_the_same_wherever_the_stream_is_cut") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"250 ok\r\n", {"250|ok"}},
      {"250\r\n", {"250|"}},
      {"250 \r\n", {"250|"}},
      {"250-mx.test\r\n250-SIZE 10\r\n250 DSN\r\n", {"250|mx.test|SIZE 10|DSN"}},
      {"250-a\r\n250\r\n220 b\r\n", {"250|a|", "220|b"}},
      {"250 bare\n354 too\n", {"250|bare", "354|too"}},
      {"250 caf\xc3\xa9\r\n", {"250|caf\xc3\xa9"}},
      {std::string("250 a\0b\r\n", 9), {"250|a\\x00b"}},
      {"250 a\x1b[31mb\r\n", {"250|a\\x1b[31mb"}},
      {"250 a\rb\r\n", {"250|a\\x0db"}},
      {"250 a\tb\r\n", {"250|a\tb"}},
      {"431 4.3.1 unknown but negative\r\n", {"431|4.3.1 unknown but negative"}},
      {"599 x\r\n", {"599|x"}},
      {"250-never finished\r\n", {}},
      {"250 never ended", {}},
      {"\r\n250 ok\r\n", {"error"}},
      {"hello\r\n", {"error"}},
      {"25012 five digits\r\n", {"error"}},
      {"25 two\r\n", {"error"}},
      {"150 class one\r\n", {"error"}},
      {"650 class six\r\n", {"error"}},
      {"250_ok\r\n", {"error"}},
      {"250-one\r\n550 two\r\n", {"error"}},
      {"250 fine\r\nSSH-2.0-x\r\n", {"250|fine", "error"}},
      {std::string("\0\0\0\r\n", 5), {"error"}},
  };
  for (const auto& [stream, expected] : cases) {
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
      INFO(stream << " in pieces of " << piece);
      CHECK(read(stream, piece) == expected);
    }
  }
}

TEST_CASE("a_long_line_is_kept_in_part_and_an_endless_one_is_an_error") {
  const ReplyLimits limits = {.line_bytes_kept = 16, .line_bytes = 100, .lines = 3};
  const std::string longer = "250 " + std::string(60, 'x') + "\r\n354 go\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, longer.size()}) {
    CHECK(read(longer, piece, limits) ==
          std::vector<std::string>{"250|" + std::string(12, 'x'), "354|go"});
  }
  const std::string endless = "250 " + std::string(200, 'x');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{50}, endless.size()}) {
    CHECK(read(endless, piece, limits) == std::vector<std::string>{"error"});
  }
  CHECK(read("250-1\r\n250-2\r\n250 3\r\n", 5, limits) == std::vector<std::string>{"250|1|2|3"});
  CHECK(read("250-1\r\n250-2\r\n250-3\r\n250 4\r\n", 5, limits) ==
        std::vector<std::string>{"error"});
}

TEST_CASE("a_reply_has_a_status_only_if_it_agrees_with_the_code") {
  CHECK(Reply{.code = 452, .lines = {"4.2.2 full"}}.status() == Status{4, 2, 2});
  CHECK_FALSE(Reply{.code = 550, .lines = {"4.2.2 contradiction"}}.status());
  CHECK_FALSE(Reply{.code = 250, .lines = {"ok"}}.status());
  CHECK(Reply{.code = 250, .lines = {"one", "two"}}.text() == "one two");
}

TEST_CASE("clear_forgets_what_was_read") {
  ReplyReader reader;
  std::string_view part = "250-half";
  CHECK_FALSE(reader.next(part));
  CHECK(reader.in_reply());
  reader.clear();
  CHECK_FALSE(reader.in_reply());
  part = "220 new\r\n";
  CHECK(reader.next(part)->code == 220);
}
