// Cuts the stream of a client into command lines, wherever the segment boundaries fall.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::wire {

/// How a line ended.
enum class LineEnd : std::uint8_t {
  crlf, ///< as RFC 5321 section 2.3.8 demands
  lf,   ///< a bare LF: a breach, read all the same
};

/// One line without its end.
struct Line {
  std::string_view text;
  LineEnd end = LineEnd::crlf;
  bool too_long =
      false; ///< over the limit: text holds the first `limit` bytes, the rest was dropped
};

/// Takes a line off the front of `input`. Keeps what is left of an unfinished line in itself, so
/// that it owns memory only while a line is split over segments. The returned view is valid until
/// the next call and as long as `input`'s bytes.
class LineSplitter {
 public:
  /// `limit`: the longest line kept, in bytes without its end. 0: no limit.
  explicit LineSplitter(std::size_t limit) : limit_(limit) {}

  /// Consumes from `input` up to and including a line's end, or all of it when there is none yet.
  std::optional<Line> next(std::string_view& input);

  /// Bytes of an unfinished line that are kept.
  std::size_t pending() const { return partial().size(); }
  /// The unfinished line itself.
  std::string_view partial() const {
    return deliver_partial_ ? std::string_view() : std::string_view(partial_);
  }

 private:
  std::size_t limit_;
  std::string partial_;
  bool overflowed_ = false;      ///< the unfinished line is over the limit, its rest is dropped
  bool ends_with_cr_ = false;    ///< the last byte seen of the unfinished line, kept or dropped
  bool deliver_partial_ = false; ///< the last line returned points into partial_
};

} // namespace tempfail::wire
