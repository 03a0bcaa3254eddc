// Replies as effects: the bytes, and what is recorded of them.
#include "session/reply_writer.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::session {

journal::event::Exchange& ReplyWriter::exchange() {
  return std::get<journal::event::Exchange>(
      std::get<effect::Record>(out.list[asked_.effect]).event.body);
}

void ReplyWriter::hold() {
  if (!answered_ && !held_) exchange().open = true;
  held_ = true;
}

void ReplyWriter::drip(std::uint64_t bytes, Duration every) {
  const auto piece =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(bytes, 1, std::uint64_t{1} << 30U));
  pieces_ = Pieces{piece, every};
  hold();
}

void ReplyWriter::say(int code, std::string_view text) {
  if (pieces_) {
    const auto begin = static_cast<std::uint32_t>(out.bytes.size());
    out.bytes.append(text);
    out.list.emplace_back(effect::Drip{begin, static_cast<std::uint32_t>(out.bytes.size()),
                                       pieces_->bytes, pieces_->every});
  } else {
    out.write(text);
  }
  const bool first = !std::exchange(answered_, true);
  if (held_ || !first) {
    record(journal::event::Reply{asked_.number, text, code, {}});
    return;
  }
  journal::event::Exchange& asked = exchange();
  asked.reply = text;
  asked.code = code;
  asked.answered = now_;
}

} // namespace tempfail::session
