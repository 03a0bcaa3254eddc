// Performs a rule's faults: each call of theirs becomes an effect.
#include "session/actions.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::session {

namespace {

/// Carries out one action after the other until one ends the connection.
class Performer final : public faults::Output {
 public:
  Performer(const Placeholders& placeholders, state::ServerState& state, Effects& out)
      : placeholders_(placeholders), state_(state), out_(out) {}

  Duration draw(Duration min, Duration max) override { return state_.draw(min, max); }
  const Placeholders& placeholders() const override { return placeholders_; }

  void reply(std::string_view wire) override {
    bytes(wire);
    if (duplicates_) bytes(wire);
  }
  void bytes(std::string_view text) override {
    if (text.empty() || result.half_closed) return;
    if (!pieces_) {
      out_.write(text);
      return;
    }
    effect::Drip drip = *pieces_;
    drip.begin = static_cast<std::uint32_t>(out_.bytes.size());
    out_.bytes.append(text);
    drip.end = static_cast<std::uint32_t>(out_.bytes.size());
    add(drip);
  }
  void in_pieces(std::uint64_t size, Duration every) override {
    effect::Drip drip;
    drip.piece =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(size, 1, std::uint64_t{1} << 30U));
    drip.every = every;
    pieces_ = drip;
  }
  void duplicate_replies() override { duplicates_ = true; }
  void wait(Duration duration) override { add(effect::Wait{duration}); }

  void close() override { result.ending = Ending::close; }
  void reset() override { result.ending = Ending::reset; }
  void half_close() override {
    add(effect::HalfClose{});
    result.half_closed = true;
  }
  void fall_silent() override {
    out_.list.emplace_back(effect::Stall{});
    result.ending = Ending::stalled;
  }
  void stop_reading(std::optional<Duration> duration) override {
    add(effect::StopReading{duration});
  }
  void throttle(const scenario::Rate& rate) override {
    add(effect::Throttle{rate.amount, rate.per});
  }
  void cut_handshake(std::uint64_t bytes) override { add(effect::StartTls{bytes}); }

  Performance result;

 private:
  /// Adds an effect that must be performed before more input may be looked at.
  void add(const Effect& effect) {
    out_.list.push_back(effect);
    result.paused = true;
  }

  const Placeholders& placeholders_;
  state::ServerState& state_;
  Effects& out_;
  std::optional<effect::Drip> pieces_; ///< how output goes out; nothing: as it is
  bool duplicates_ = false;            ///< each reply is sent twice
};

} // namespace

StageRule describe(const scenario::Rule& rule) {
  StageRule described;
  described.rule = &rule;
  for (const scenario::Action& each : rule.actions) {
    const faults::Kind& kind = faults::kind_of(each);
    if (kind.says != faults::Says::reply)
      described.did.append(described.did.empty() ? "" : " ").append(kind.key);
    const faults::Consequence consequence = faults::consequence_of(each);
    described.takes_over =
        described.takes_over || consequence.own_reply == faults::OwnReply::replaced;
    described.accepts = described.accepts || consequence.accepts;
    described.decides_end =
        described.decides_end || consequence.connection != faults::Connection::goes_on;
    described.says_421 = described.says_421 || consequence.code == 421;
  }
  return described;
}

Performance perform(const StageRule& rule, std::string_view fallback,
                    const Placeholders& placeholders, state::ServerState& state, Effects& out,
                    bool skip_first) {
  Performer performer(placeholders, state, out);
  for (const scenario::Action& each : rule.rule->actions) {
    if (std::exchange(skip_first, false)) continue;
    faults::perform(each, performer);
    if (performer.result.ending != Ending::none) return performer.result;
  }
  if (!rule.takes_over) performer.reply(fallback);
  // After 421 the server closes (RFC 5321 section 3.8), unless the rule says what it does instead.
  if (rule.says_421 && !rule.decides_end) performer.result.ending = Ending::close;
  return performer.result;
}

} // namespace tempfail::session
