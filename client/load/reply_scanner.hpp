// Finds where replies end and what their codes are, without keeping their texts but for refusals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::client {

/// A reply's code and, of a negative one, the last line's text.
struct ScannedReply {
  unsigned code = 0;
  std::string text{};
  bool pipelining = false; ///< a line of it said PIPELINING
};

class ReplyScanner {
 public:
  /// Consumes `input` up to the end of a reply. Nothing: more is needed, or failed().
  std::optional<ScannedReply> next(std::string_view& input);
  bool failed() const { return failed_; }

 private:
  std::string partial_; ///< an unfinished line
  bool pipelining_ = false;
  bool failed_ = false;
};

} // namespace tempfail::client
