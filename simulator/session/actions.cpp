// Performs a rule's faults: each call of theirs becomes an effect.
#include "session/actions.hpp"

#include "session/extension_names.hpp"
#include "wire/reply.hpp"

#include <algorithm>

namespace tempfail::session {

namespace {

/// The extensions that the lines of a reply to EHLO name behind their codes (RFC 5321 section 4.1.1.1).
scenario::Extensions announced_in(std::string_view reply) {
  scenario::Extensions extensions{};
  while (!reply.empty()) {
    const std::size_t end = std::min(reply.find('\n'), reply.size());
    std::string_view line = reply.substr(0, end);
    reply.remove_prefix(std::min(end + 1, reply.size()));
    line.remove_prefix(std::min<std::size_t>(4, line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \r"));
    for (std::size_t i = 0; i < scenario::extension_count; ++i)
      if (word == extension_name(static_cast<scenario::Extension>(i))) extensions[i] = true;
  }
  return extensions;
}

/// What a fault says in the place of a reply; empty: nothing.
std::string_view text_of(const faults::Fault& fault) {
  if (const auto* reply = std::get_if<faults::Reply>(&fault)) return reply->text.wire;
  if (const auto* raw = std::get_if<faults::Raw>(&fault)) return raw->bytes;
  return {};
}

/// Carries out one action after the other until one ends the connection.
class Performer final : public faults::Output {
 public:
  Performer(const ReplyPlaceholderValues& placeholder_values, state::ServerState& state,
            ReplyWriter& writer)
      : placeholder_values_(placeholder_values), state_(state), writer_(writer) {}

  Duration random_duration(Duration min, Duration max) override {
    return state_.random_duration(min, max);
  }
  const ReplyPlaceholderValues& placeholder_values() const override { return placeholder_values_; }

  void reply(std::string_view wire) override {
    repeat(writer_.out.texts.keep(wire)); // a filled one lives nowhere else
  }
  /// The server's own, which lives as long as the program.
  void own_reply(std::string_view wire) { repeat(wire); }
  void bytes(std::string_view text) override { say(text); }
  void tls_record(std::string_view record) override { writer_.out.write(record); }
  void send_in_pieces(std::uint64_t size, Duration every) override {
    writer_.drip(size, every);
    result.paused = true;
  }
  void duplicate_replies() override { duplicates_ = true; }
  void wait(Duration duration) override {
    writer_.hold();
    add(effect::Wait{duration});
  }

  void close() override { result.ending = Ending::close; }
  void reset() override { result.ending = Ending::reset; }
  void half_close() override {
    add(effect::HalfClose{});
    result.half_closed = true;
  }
  void fall_silent() override {
    writer_.hold();
    writer_.out.list.emplace_back(effect::Stall{});
    result.ending = Ending::stalled;
  }
  void stop_reading(std::optional<Duration> duration) override {
    writer_.record(journal::event::Reading{true});
    add(effect::StopReading{duration});
  }
  void throttle(const scenario::Rate& rate) override {
    add(effect::Throttle{rate.amount, rate.per});
  }
  void cut_handshake(std::uint64_t bytes) override { add(effect::StartTls{bytes}); }

  ActionResult result;

 private:
  void repeat(std::string_view reply) {
    say(reply);
    if (duplicates_) say(reply);
  }
  void say(std::string_view text) {
    if (!text.empty() && !result.half_closed) writer_.say(wire::reply_code_in(text), text);
  }
  /// Adds an effect that must be performed before more input may be looked at.
  void add(const Effect& effect) {
    writer_.out.list.push_back(effect);
    result.paused = true;
  }

  const ReplyPlaceholderValues& placeholder_values_;
  state::ServerState& state_;
  ReplyWriter& writer_;
  bool duplicates_ = false; ///< each reply is sent twice
};

} // namespace

StageRule stage_rule_of(const scenario::Rule& rule) {
  StageRule described;
  described.rule = &rule;
  std::string texts;
  for (const scenario::Action& each : rule.actions) {
    const faults::FaultKind& kind = faults::kind_of(each);
    if (kind.sends != faults::SentContent::reply)
      described.other_actions.append(described.other_actions.empty() ? "" : " ").append(kind.key);
    const faults::Consequence consequence = faults::consequence_of(each);
    described.replaces_reply =
        described.replaces_reply || consequence.own_reply == faults::OwnReply::replaced;
    described.accepts = described.accepts || consequence.accepts;
    described.decides_end =
        described.decides_end || consequence.connection != faults::ConnectionEffect::continues;
    described.says_421 = described.says_421 || consequence.code == 421;
    if (texts.empty()) described.code = wire::reply_code_in(text_of(each));
    texts += text_of(each);
  }
  const auto& stages = rule.stages;
  const bool at_hello =
      std::find(stages.begin(), stages.end(), scenario::Stage::ehlo) != stages.end();
  if (at_hello && described.replaces_reply && described.code == 250)
    described.announces = announced_in(texts);
  return described;
}

ActionResult perform(const StageRule& rule, ServerReply fallback,
                     const ReplyPlaceholderValues& placeholder_values, state::ServerState& state,
                     ReplyWriter& writer) {
  Performer performer(placeholder_values, state, writer);
  for (const scenario::Action& each : rule.rule->actions) {
    faults::perform(each, performer);
    if (performer.result.ending != Ending::none) return performer.result;
  }
  if (!rule.replaces_reply) performer.own_reply(fallback.wire);
  // After 421 the server closes (RFC 5321 section 3.8), unless the rule says what it does instead.
  if (rule.says_421 && !rule.decides_end) performer.result.ending = Ending::close;
  return performer.result;
}

} // namespace tempfail::session
