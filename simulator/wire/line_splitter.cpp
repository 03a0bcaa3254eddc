// Cuts a client's stream into lines. The fast path, a whole line in one segment, copies nothing.
#include "wire/line_splitter.hpp"

#include <algorithm>

namespace tempfail::wire {
namespace {

/// The bytes before the LF as a line: takes the CR off, and cuts at the limit.
Line make_line(std::string_view text, bool cr_before_lf, bool dropped, std::size_t limit) {
  Line line;
  line.end = cr_before_lf ? LineEnd::crlf : LineEnd::lf;
  if (cr_before_lf && !dropped) text.remove_suffix(1);
  line.too_long = dropped || (limit != 0 && text.size() > limit);
  line.text = line.too_long ? text.substr(0, limit) : text;
  return line;
}

} // namespace

std::optional<Line> LineSplitter::next(std::string_view& input) {
  if (deliver_partial_) {
    std::string().swap(partial_); // gives the memory back: most lines come whole
    deliver_partial_ = false;
    overflowed_ = false;
    ends_with_cr_ = false;
  }
  const std::size_t lf = input.find('\n');
  if (lf != std::string_view::npos && partial_.empty() && !overflowed_) {
    const std::string_view text = input.substr(0, lf);
    input.remove_prefix(lf + 1);
    return make_line(text, text.ends_with('\r'), false, limit_);
  }
  const std::string_view piece = input.substr(0, lf); // all of it when there is no LF
  // One byte more than the limit is kept, as it may be the CR of a line that is just within it.
  const std::size_t room = limit_ == 0 ? piece.size() : limit_ + 1 - partial_.size();
  partial_.append(piece.substr(0, std::min(room, piece.size())));
  overflowed_ = overflowed_ || piece.size() > room;
  if (!piece.empty()) ends_with_cr_ = piece.ends_with('\r');
  if (lf == std::string_view::npos) {
    input = {};
    return std::nullopt;
  }
  input.remove_prefix(lf + 1);
  deliver_partial_ = true;
  return make_line(partial_, ends_with_cr_, overflowed_, limit_);
}

} // namespace tempfail::wire
