// Says what an exchange is answered with, once: the same bytes go on the wire and into the journal.
#pragma once

#include "session/effect.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tempfail::session {

/// An exchange that is recorded and not yet answered.
struct RecordedExchange {
  std::size_t effect = 0;   ///< its Record: an index into Effects::list
  std::uint32_t number = 0; ///< Exchange::number
};

/// A first reply that nothing holds back stands in the exchange itself; any other is recorded after the bytes that say
/// it, so that it is stamped when they have left.
class ReplyWriter {
 public:
  ReplyWriter(RecordedExchange asked, std::uint64_t session, std::uint32_t server, Moment now,
              Effects& effects)
      : out(effects), asked_(asked), session_(session), server_(server), now_(now) {}

  /// `text` stays where it is until the effects have been taken over.
  void say(int code, std::string_view text);
  /// From here on bytes leave in pieces.
  void drip(std::uint64_t bytes, Duration every);
  /// What is said from here on is held back, or nothing more is said.
  void hold();
  /// Something that is recorded when it happens.
  void record(const journal::Body& body) { out.record({now_, session_, server_, body}); }

  Effects& out;

 private:
  journal::event::Exchange& exchange();

  struct Pieces {
    std::uint32_t bytes = 1;
    Duration every{};
  };
  RecordedExchange asked_;
  std::uint64_t session_;
  std::uint32_t server_;
  Moment now_;
  std::optional<Pieces> pieces_;
  bool held_ = false;
  bool answered_ = false;
};

} // namespace tempfail::session
