// Codes are found wherever the stream is cut.
#include "client/load/reply_scanner.hpp"
#include "support/catch.hpp"

#include <vector>

using tempfail::client::ReplyScanner;

namespace {

std::vector<std::string> scan(std::string_view stream, std::size_t piece) {
  ReplyScanner scanner;
  std::vector<std::string> found;
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
    std::string_view part = stream.substr(0, piece);
    while (const auto reply = scanner.next(part)) {
      found.push_back(std::to_string(reply->code) + (reply->pipelining ? " pipelining" : "") +
                      (reply->text.empty() ? "" : ' ' + reply->text));
    }
  }
  if (scanner.failed()) {
    found.emplace_back("failed");
  }
  return found;
}

} // namespace

TEST_CASE("codes_are_found_wherever_the_stream_is_cut") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"220 mx\r\n250-mx\r\n250-PIPELINING\r\n250 DSN\r\n250 ok\n",
       {"220", "250 pipelining", "250"}},
      {"452 4.3.1 full\r\n354\r\n", {"452 4.3.1 full", "354"}},
      {"250-unfinished\r\n", {}},
      {"250 a\r\nhello\r\n250 b\r\n", {"250", "failed"}},
      {"25012\r\n", {"failed"}},
  };
  for (const auto& [stream, expected] : cases) {
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
      INFO(stream << " in pieces of " << piece);
      CHECK(scan(stream, piece) == expected);
    }
  }
}
