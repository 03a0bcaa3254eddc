// The shortest way from bytes to a code.
#include "client/load/reply_scanner.hpp"

#include "base/ascii.hpp"

#include <utility>

namespace tempfail::client {
namespace {

using base::is_digit;

constexpr std::size_t line_bytes_max = 64 * 1024;

} // namespace

std::optional<ScannedReply> ReplyScanner::next(std::string_view& input) {
  while (!input.empty() && !failed_) {
    const std::size_t newline = input.find('\n');
    if (newline == std::string_view::npos) {
      partial_ += input;
      input = {};
      failed_ = partial_.size() > line_bytes_max;
      break;
    }
    std::string whole;
    std::string_view line = input.substr(0, newline);
    input.remove_prefix(newline + 1);
    if (!partial_.empty()) {
      whole = std::exchange(partial_, {});
      whole += line;
      line = whole;
    }
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    const bool separated =
        line.size() == 3 || (line.size() > 3 && (line[3] == ' ' || line[3] == '-'));
    if (!separated || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2])) {
      failed_ = true;
      break;
    }
    const std::string_view text = line.substr(line.size() == 3 ? 3 : 4);
    pipelining_ |= text == "PIPELINING";
    if (line.size() > 3 && line[3] == '-') {
      continue;
    }
    ScannedReply reply;
    reply.code =
        static_cast<unsigned>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
    if (reply.code >= 400) {
      reply.text = text;
    }
    reply.pipelining = std::exchange(pipelining_, false);
    return reply;
  }
  return std::nullopt;
}

} // namespace tempfail::client
