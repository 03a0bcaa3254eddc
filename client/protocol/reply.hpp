// A server's reply, and the reader that makes replies out of a stream of bytes, whatever they are.
#pragma once

#include "client/protocol/status.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

/// One reply of RFC 5321 section 4.2, all its lines.
struct Reply {
  std::uint16_t code = 0;           ///< 200 to 599, known or not: judged by its first digit
  std::vector<std::string> lines{}; ///< the text of each line, without the code; made printable

  bool positive() const { return code / 100 == 2; }     ///< done
  bool intermediate() const { return code / 100 == 3; } ///< go on
  bool transient() const { return code / 100 == 4; }    ///< later
  bool permanent() const { return code / 100 == 5; }    ///< no

  /// The enhanced status at the front of the first line, if its class agrees with the code.
  std::optional<Status> status() const;
  std::string text() const; ///< all lines, joined by a space
};

/// What the reader won't take from a server.
struct ReplyLimits {
  std::size_t line_bytes_kept = 1000; ///< of a longer line the rest is dropped
  std::size_t line_bytes = 64 * 1024; ///< a longer line is not SMTP
  std::size_t lines = 512;            ///< of one reply
};

/// Cuts bytes into replies. A line may end in CRLF or a bare LF. Once something is not a reply,
/// error() says what, and nothing is read any more: after garbage, no byte of the stream can be
/// trusted.
class ReplyReader {
 public:
  explicit ReplyReader(ReplyLimits limits = {}) : limits_(limits) {}

  /// Consumes `input` up to the end of the first complete reply. Nothing: more bytes are needed, or
  /// error().
  std::optional<Reply> next(std::string_view& input);

  bool failed() const { return !error_.empty(); }
  const std::string& error() const {
    return error_;
  } ///< what is wrong, in words; "" when nothing is
  bool in_reply() const { return line_bytes_ > 0 || !reply_.lines.empty(); } ///< a reply has begun
  void clear(); ///< forgets everything read: what came before TLS counts for nothing

 private:
  bool take_line(std::string_view line);
  void fail(std::string_view what, std::string_view line);

  ReplyLimits limits_;
  std::string line_;           ///< the unfinished line, cut at the limit
  std::size_t line_bytes_ = 0; ///< its length so far
  Reply reply_;
  std::string error_;
};

} // namespace tempfail::client
