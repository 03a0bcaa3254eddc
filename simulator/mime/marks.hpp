// The marks of a message that `tempfail test` hands over: made here, and found again here in what a server is given,
// whatever the sender did to the message on the way.
#pragma once

#include "mime/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::mime {

/// Where a mark stands in a message.
enum class MarkPlace : std::uint8_t {
  begin,
  end,
  attachment,
  dot,     ///< a line of the text that begins with a dot: the dot stands before the mark
  letters, ///< letters outside ASCII follow it, and a dot after them
};
std::string_view to_string(MarkPlace place);

/// The text of a mark: one word of letters, digits, dots and hyphens, so that no encoding, line break, character set
/// or mailing list has a reason to touch it. `handover` consists of letters and digits.
std::string mark_text(std::string_view handover, MarkPlace place);

/// What was found in a message's content.
struct Marks {
  /// "1-begin 1-dot 1-end 1-attachment": each once, as they came; empty: none. A mark at `dot` is "1-dotless" where no
  /// dot stands before it, and "1-dotdot" where there is more than one.
  std::string found;
  std::string repeated; ///< the marks that are in it more than once: "1-begin 1-dot"
  /// After the first mark at `letters`, in UTF-8; nothing: there is none, or they can't be told (mime/letters.hpp).
  std::optional<std::string> letters;
  std::string
      missing_fields; ///< of From, Date and Subject those that the header lacks: "Date Subject"
  std::uint64_t text_size = 0; ///< bytes of the decoded bodies without white space
  /// Of those bytes that stand between the marks at `begin` and `end`, and of the part with the mark at `attachment`.
  /// 0: there are none, or they are in HTML.
  std::uint64_t text_hash = 0;
  /// Header fields that are there more than once, of those that RFC 5322 section 3.6 allows once: "From Message-ID".
  std::string repeated_fields;
};

/// How much is looked at.
struct MarkLimits {
  ContentLimits message;
  std::size_t depth = 100; ///< of parts within parts
  std::size_t marks = 300; ///< different ones
};

/// Looks through all parts after decoding (base64, quoted-printable), but not into messages that a
/// `multipart/report` returns. White space counts for nothing: lines may have been wrapped elsewhere. What an
/// alternative repeats is in the message once; what comes before the first part and after the last can only repeat, or
/// be of another message.
/// Nothing: over a limit, so nobody looked.
std::optional<Marks> find_marks(std::string_view content, const MarkLimits& limits = {});

} // namespace tempfail::mime
