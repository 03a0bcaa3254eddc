// Reads a message's content after DATA: undoes dot-stuffing, finds the final dot (RFC 5321 section
// 4.5.2), and notes on the way what a judge needs to know of it. Whatever the segment boundaries.
#pragma once

#include "wire/content_hash.hpp"
#include "wire/content_scan.hpp"
#include "wire/header_scan.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::wire {

/// Facts gathered from a message's content while it streams by.
struct ContentFacts {
  std::uint64_t size =
      0; ///< bytes after unstuffing, without the final dot's line (RFC 1870's size)
  std::uint64_t hash = 0; ///< of the content after unstuffing, the same for any segmentation
  std::uint32_t received_fields = 0; ///< `Received:` header fields (RFC 5321 section 6.3)
  std::uint32_t longest_line = 0;    ///< bytes with CR LF (limit 1000, RFC 5321 section 4.5.3.1.6)
  bool bare_lf = false;              ///< an LF without CR in front
  bool bare_cr = false;              ///< a CR without LF behind
  bool eight_bit = false;            ///< an octet over 127
  bool unstuffed_dot = false;        ///< a line that begins with a single '.' followed by text
  bool nul = false;
  std::string headers; ///< the header section as it came, up to the reader's limit
};

/// Streaming reader of one message. DATA and BDAT share the facts; only DATA has dots.
class DataReader {
 public:
  enum class Framing : std::uint8_t {
    dots,   ///< DATA: ends with <CRLF>.<CRLF>
    chunks, ///< BDAT: the caller says when it ends
  };
  /// `header_limit`: how much of the header section is kept. `keep_content`: keep the whole content
  /// for a rule that reads it (character sets, a loop that sends it on), up to `content_limit`
  /// bytes.
  DataReader(Framing framing, std::size_t header_limit, std::size_t content_limit = 0);

  /// Consumes bytes of the content from the front of `input`; stops behind the final dot.
  /// Returns true when the message is complete (framing dots only).
  bool feed(std::string_view& input);

  /// Ends the message (framing chunks), settling what was open at the last byte.
  void finish();

  /// Size, header fields and flags are up to date at any time, the hash when the message is
  /// complete.
  const ContentFacts& facts() const { return facts_; }
  /// The content kept, up to content_limit bytes.
  const std::string& content() const { return content_; }
  std::uint64_t bytes_consumed() const { return consumed_; }

 private:
  /// Where the reader stands at the front of a line, which alone decides over dots.
  enum class Front : std::uint8_t {
    none,   ///< within a line
    start,  ///< before its first byte
    dot,    ///< behind a dot at its front
    dot_cr, ///< behind a dot and a CR at its front
  };
  void take(std::string_view bytes);
  void take_within_line(std::string_view& input);
  void settle();

  Framing framing_;
  Front front_ = Front::start;
  std::size_t header_limit_;
  std::size_t content_limit_;
  std::uint64_t consumed_ = 0;
  ContentScan scan_;
  HeaderScan header_scan_;
  ContentHash hash_;
  ContentFacts facts_;
  std::string content_;
};

/// The value of header field `name` (case-insensitive, unfolded, trimmed); empty when absent.
std::string header_field(std::string_view headers, std::string_view name);

} // namespace tempfail::wire
