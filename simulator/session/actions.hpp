// The one place that turns a rule's actions into effects.
#pragma once

#include "session/effect.hpp"
#include "session/program.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tempfail::session {

/// What can be said of a rule before it fires.
StageRule describe(const scenario::Rule& rule);

/// What the placeholders of a reply stand for.
struct Placeholders {
  std::string_view recipient;
  std::string_view sender;
  std::string_view client;
  std::string_view helo;
  std::string_view hostname;
  std::uint64_t size = 0;
};

/// An exchange that is recorded and not yet answered.
struct Asked {
  std::size_t effect = 0;   ///< its Record: an index into Effects::list
  std::uint32_t number = 0; ///< Exchange::number
};

/// Says what an exchange is answered with, once: the same bytes go on the wire and into the journal. A first reply
/// that nothing holds back stands in the exchange itself; any other is recorded behind the bytes that say it.
class Speaker {
 public:
  Speaker(Asked asked, std::uint64_t session, std::uint32_t server, Moment now, Effects& effects)
      : out(effects), asked_(asked), session_(session), server_(server), now_(now) {}

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
  Asked asked_;
  std::uint64_t session_;
  std::uint32_t server_;
  Moment now_;
  std::optional<Pieces> pieces_;
  bool held_ = false;
  bool answered_ = false;
};

/// What becomes of the connection after a rule's actions.
enum class Ending : std::uint8_t {
  none,
  close, ///< an orderly end
  reset,
  stalled, ///< nothing more is said or read
};

/// How a rule is carried out.
struct Performance {
  Ending ending = Ending::none;
  bool paused = false;      ///< no more input may be looked at before the effects are performed
  bool half_closed = false; ///< nothing more can be said
};

/// Adds the effects of `rule`'s actions, and of `fallback` after them when the rule does not take its
/// place. Close and Reset are not added but returned, as the session has a last thing to record before them.
Performance perform(const StageRule& rule, ServerReply fallback, const Placeholders& placeholders,
                    state::ServerState& state, Speaker& speaker);

} // namespace tempfail::session
