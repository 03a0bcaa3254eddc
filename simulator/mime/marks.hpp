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
enum class MarkPlace : std::uint8_t { begin, end, attachment };
std::string_view to_string(MarkPlace place);

/// The text of a mark: one word of letters, digits, dots and hyphens, so that no encoding, line break, character set
/// or mailing list has a reason to touch it. `handover` consists of letters and digits.
std::string mark_text(std::string_view handover, MarkPlace place);

/// What was found in a message's content.
struct Marks {
  std::string found; ///< "1-begin 1-end 1-attachment": each once, as they came; empty: none
  std::uint64_t text_size = 0; ///< bytes of the decoded bodies without white space
};

/// How much is looked at.
struct MarkLimits {
  Limits message;
  std::size_t depth = 100; ///< of parts within parts
  std::size_t marks = 300; ///< different ones
};

/// Looks through all parts after decoding (base64, quoted-printable), but not into messages that a
/// `multipart/report` returns. White space counts for nothing: lines may have been wrapped elsewhere.
/// Nothing: over a limit, so nobody looked.
std::optional<Marks> find_marks(std::string_view content, const MarkLimits& limits = {});

} // namespace tempfail::mime
