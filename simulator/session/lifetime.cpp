// Begin and end of a session: greeting, TLS, silence, and how it all ends.
#include "session/impl.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::session {

using journal::event::EndedBy;

void Session::Impl::start(Turn& turn) {
  record(journal::event::Connect{peer_.address, peer_.port, peer_.server_port, peer_.implicit_tls},
         turn);
  begin_step(turn, {}, {});
  turn.open = state_.connected(peer_.address, turn.now);
  connected_ = true;
  stage_ = Stage::connect;
  const StageRule* rule = nullptr;
  if (!program_->rules(Stage::connect).empty())
    rule = firing_rule(rule_input(Stage::connect, turn));
  if (!peer_.implicit_tls) {
    begin_greeting(rule, turn);
    return;
  }
  set_idle_timer(turn);
  if (rule != nullptr) {
    carry_out(Stage::connect, rule, {}, {}, turn);
    if (rule->takes_over || ended_) return;
  }
  begin_tls(turn);
}

/// Both rules are chosen at once: what a rule waits for comes before all that it decides.
void Session::Impl::begin_greeting(const StageRule* connect_rule, Turn& turn) {
  set_idle_timer(turn);
  const bool connect_decides = connect_rule != nullptr && connect_rule->takes_over;
  const StageRule* greeting_rule = nullptr;
  if (!connect_decides && !program_->rules(Stage::greeting).empty())
    greeting_rule = firing_rule(rule_input(Stage::greeting, turn));
  const auto settle = [this](const Answer& answer) {
    welcome_ = answer.positive() ? Welcome::given : Welcome::refused;
  };
  if (connect_rule != nullptr) {
    const Answer answer = carry_out(Stage::connect, connect_rule, {}, {}, turn);
    if (connect_decides) settle(answer);
    if (connect_decides || ended_) return;
  }
  settle(carry_out(Stage::greeting, greeting_rule, {}, program_->greeting(), turn));
}

void Session::Impl::begin_tls(Turn& turn) {
  stage_ = Stage::handshake;
  if (!program_->rules(Stage::handshake).empty()) {
    const StageRule* rule = firing_rule(rule_input(Stage::handshake, turn));
    if (rule != nullptr) {
      turn.out.list.emplace_back(effect::AwaitHello{});
      turn.paused = true;
      carry_out(Stage::handshake, rule, {}, {}, turn);
      if (ended_ || stalled_) return;
      if (rule->takes_over) { // there is no way back to a session in clear text
        if (!rule->decides_end) end(EndedBy::server, false, turn);
        return;
      }
    }
  }
  turn.out.list.emplace_back(effect::StartTls{});
  turn.paused = true;
}

void Session::Impl::tls_result(const TlsResult& result, Turn& turn) {
  if (ended_) return;
  record(journal::event::Tls{result.ok, result.version, result.cipher, result.server_name,
                             result.problem,
                             program_->server().tls_profile != scenario::TlsProfile{}},
         turn);
  if (!result.ok) {
    end(EndedBy::server, false, turn);
    return;
  }
  tls_ = true;
  begin_step(turn, Stage::greeting, {});
  if (peer_.implicit_tls) begin_greeting(nullptr, turn);
}

void Session::Impl::set_idle_timer(Turn& turn) {
  idle_step_ = 0;
  if (program_->idle_times().empty()) return;
  turn.out.list.emplace_back(effect::IdleTimer{program_->idle_times().front()});
}

void Session::Impl::idle_timeout(Turn& turn) {
  if (ended_ || stalled_) return;
  const auto times = program_->idle_times();
  if (idle_step_ >= times.size()) return;
  const Duration silence = times[idle_step_];
  begin_step(turn, Stage::idle, {});
  if (mode_ == Mode::command) {
    const RuleInput at = rule_input(Stage::idle, turn);
    for (const StageRule& rule : active().rules(Stage::idle)) {
      if (rule.rule->after_idle != silence) continue;
      if (!fires(rule, at, active().server(), active_state())) continue;
      carry_out(Stage::idle, &rule, {}, {}, turn);
      break;
    }
  }
  if (ended_ || stalled_) return;
  const bool last = silence == program_->limits().idle;
  if (last) {
    said_421_ = true;
    carry_out(Stage::idle, nullptr, {}, own_reply(StandardReply::idle_too_long), turn);
    return;
  }
  if (++idle_step_ < times.size())
    turn.out.list.emplace_back(effect::IdleTimer{times[idle_step_] - silence});
  else
    turn.out.list.emplace_back(effect::IdleTimer{});
}

void Session::Impl::peer_ended(PeerEnd peer_end, std::string_view pending, Turn& turn) {
  constexpr std::size_t kept_pending = 200; // bytes
  ended_ = true;
  if (end_recorded_) return;
  std::string_view unread;
  if (mode_ == Mode::auth) {
    unread = splitter_.pending() + pending.size() > 0 ? "*" : "";
  } else {
    std::string joined(splitter_.partial().substr(0, kept_pending));
    joined.append(pending.substr(0, kept_pending - joined.size()));
    if (!joined.empty()) unread = turn.out.texts.keep(secrets_.mask_all(joined));
  }
  record_end(peer_end == PeerEnd::closed ? EndedBy::client_closed : EndedBy::client_reset, unread,
             turn);
}

void Session::Impl::early_input() {
  const bool in_greeting = stage_ == Stage::connect || stage_ == Stage::greeting;
  if (commands_ != 0 || !in_greeting || ended_) return;
  if (!std::exchange(talked_early_, true)) early_breach_ = bit(Breach::talked_before_greeting);
}

void Session::Impl::reads_again(Turn& turn) {
  record(journal::event::Reading{false}, turn);
}

void Session::Impl::shut_down(Turn& turn) {
  if (ended_) return;
  const ServerReply reply = own_reply(StandardReply::shutting_down);
  said_421_ = true;
  record_exchange(stage_, {}, reply, nullptr, turn);
  say(reply.wire, turn);
  end(EndedBy::server_stop, false, turn);
}

void Session::Impl::begin_step(Turn& turn, std::optional<Stage> stage,
                               std::string_view line) const {
  turn.settled = turn.out.mark();
  turn.exchanges = exchanges_;
  turn.stage = stage;
  turn.line = line;
}

/// What the step has recorded was not so, as the client is told otherwise. A step that has already said its last word
/// lacks nothing.
void Session::Impl::store_lost(Turn& turn) {
  if (ended_ || stalled_) return;
  turn.out.back_to(turn.settled);
  exchanges_ = turn.exchanges;
  stage_ = turn.stage.value_or(stage_);
  const ServerReply reply = reply_of(StandardReply::store_lost, true);
  Command command;
  command.line = turn.line;
  const bool can_say =
      !peer_.implicit_tls || tls_; // clear text is nothing to a client that speaks TLS
  const Asked asked =
      record_exchange(stage_, command, can_say ? reply : ServerReply(), nullptr, turn);
  auto& record = std::get<effect::Record>(turn.out.list[asked.effect]);
  std::get<journal::event::Exchange>(record.event.body).store_lost = true;
  verb_ = {};
  if (can_say) say(reply.wire, turn);
  said_421_ = can_say;
  end(EndedBy::store_lost, false, turn);
}

/// The server has closed, the client goes on: a sender that doesn't look at replies, or one that had
/// pipelined. After 421 only QUIT is in order.
void Session::Impl::listen_after_end(std::string_view& input, Turn& turn) {
  const bool whole_lines = said_421_ && (mode_ == Mode::command || mode_ == Mode::skip);
  while (!input.empty()) {
    if (mode_ == Mode::skip) { // of a chunk that was refused, and comes all the same
      skip_chunk(input);
      continue;
    }
    const std::optional<wire::Line> line = whole_lines ? splitter_.next(input) : std::nullopt;
    if (!line) break;
    Command command;
    command.parsed = wire::parse_command_line(line->text);
    show(command, turn.out.texts.keep(line->text), turn);
    if (command.verb.empty()) command.verb = wire::to_string(command.parsed.verb);
    if (command.parsed.verb == wire::Verb::quit) continue;
    command.breaches = bit(Breach::talked_after_421);
    record_exchange(stage_, command, {}, nullptr, turn);
    if (command.parsed.verb != wire::Verb::bdat) continue;
    if (const auto chunk = wire::parse_bdat(command.parsed.arguments)) skip(chunk->size);
  }
  input = {};
}

} // namespace tempfail::session
