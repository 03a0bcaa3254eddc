// Begin and end of a session: greeting, TLS, silence, and how it all ends.
#include "session/smtp_session.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::session {

using journal::event::EndedBy;

void SmtpSession::start(CallContext& call) {
  move_to(Phase::talking);
  record(journal::event::Connect{peer_.address, peer_.port, peer_.server_port, peer_.implicit_tls},
         call);
  begin_step(call, {}, {});
  call.open_connections = state_.connected(peer_.address, call.now);
  connected_ = true;
  stage_ = Stage::connect;
  const StageRule* rule = nullptr;
  if (!prepared_->rules(Stage::connect).empty())
    rule = firing_rule(rule_input(Stage::connect, call));
  if (!peer_.implicit_tls) {
    begin_greeting(rule, call);
    return;
  }
  set_idle_timer(call);
  if (rule != nullptr) {
    carry_out(Stage::connect, rule, {}, {}, call);
    if (rule->replaces_reply || ended()) return;
  }
  begin_tls(call);
}

/// Both rules are chosen at once: what a rule waits for comes before all that it decides.
void SmtpSession::begin_greeting(const StageRule* connect_rule, CallContext& call) {
  set_idle_timer(call);
  const bool connect_decides = connect_rule != nullptr && connect_rule->replaces_reply;
  const StageRule* greeting_rule = nullptr;
  if (!connect_decides && !prepared_->rules(Stage::greeting).empty())
    greeting_rule = firing_rule(rule_input(Stage::greeting, call));
  const auto settle = [this](const StageResult& answer) {
    greeting_answer_ = answer.positive() ? GreetingAnswer::given : GreetingAnswer::refused;
  };
  if (connect_rule != nullptr) {
    const StageResult answer = carry_out(Stage::connect, connect_rule, {}, {}, call);
    if (connect_decides) settle(answer);
    if (connect_decides || ended()) return;
  }
  settle(carry_out(Stage::greeting, greeting_rule, {}, prepared_->greeting(), call));
}

void SmtpSession::begin_tls(CallContext& call) {
  stage_ = Stage::handshake;
  if (!prepared_->rules(Stage::handshake).empty()) {
    const StageRule* rule = firing_rule(rule_input(Stage::handshake, call));
    if (rule != nullptr) {
      call.out.list.emplace_back(effect::AwaitHello{});
      call.paused = true;
      carry_out(Stage::handshake, rule, {}, {}, call);
      if (!is_talking()) return;
      if (rule->replaces_reply) { // there is no way back to a session in clear text
        if (!rule->decides_end) end(EndedBy::server, false, call);
        return;
      }
    }
  }
  call.out.list.emplace_back(effect::StartTls{});
  call.paused = true;
}

void SmtpSession::tls_result(const TlsResult& result, CallContext& call) {
  if (ended()) return;
  record(journal::event::Tls{result.ok, result.version, result.cipher, result.server_name,
                             result.problem,
                             prepared_->server().tls_profile != scenario::TlsProfile{}},
         call);
  if (!result.ok) {
    end(EndedBy::server, false, call);
    return;
  }
  tls_ = true;
  begin_step(call, Stage::greeting, {});
  if (peer_.implicit_tls) begin_greeting(nullptr, call);
}

void SmtpSession::set_idle_timer(CallContext& call) {
  idle_step_ = 0;
  if (prepared_->idle_times().empty()) return;
  call.out.list.emplace_back(effect::IdleTimer{prepared_->idle_times().front()});
}

void SmtpSession::idle_timeout(CallContext& call) {
  if (!is_talking()) return;
  const auto times = prepared_->idle_times();
  if (idle_step_ >= times.size()) return;
  const Duration silence = times[idle_step_];
  begin_step(call, Stage::idle, {});
  if (mode_ == Mode::command) {
    const RuleInput at = rule_input(Stage::idle, call);
    for (const StageRule& rule : active().rules(Stage::idle)) {
      if (rule.rule->after_idle != silence) continue;
      if (!fires(rule, at, active().server(), active_state())) continue;
      carry_out(Stage::idle, &rule, {}, {}, call);
      break;
    }
  }
  if (!is_talking()) return;
  const bool last = silence == prepared_->limits().idle;
  if (last) {
    said_421_ = true;
    carry_out(Stage::idle, nullptr, {}, own_reply(StandardReply::idle_too_long), call);
    return;
  }
  if (++idle_step_ < times.size())
    call.out.list.emplace_back(effect::IdleTimer{times[idle_step_] - silence});
  else
    call.out.list.emplace_back(effect::IdleTimer{});
}

void SmtpSession::peer_ended(PeerEnd peer_end, std::string_view pending, CallContext& call) {
  constexpr std::size_t kept_pending = 200; // bytes
  if (ended()) return;
  move_to(Phase::ended);
  std::string_view unread;
  if (mode_ == Mode::auth) {
    unread = splitter_.pending() + pending.size() > 0 ? "*" : "";
  } else {
    std::string joined(splitter_.partial().substr(0, kept_pending));
    joined.append(pending.substr(0, kept_pending - joined.size()));
    if (!joined.empty()) unread = call.out.texts.keep(secrets_.mask_all(joined));
  }
  record_end(peer_end == PeerEnd::closed ? EndedBy::client_closed : EndedBy::client_reset, unread,
             call);
}

void SmtpSession::input_before_greeting() {
  const bool in_greeting = stage_ == Stage::connect || stage_ == Stage::greeting;
  if (commands_ != 0 || !in_greeting || ended()) return;
  if (early_input_ == EarlyInput::none) early_input_ = EarlyInput::unrecorded;
}

void SmtpSession::reading_resumed(CallContext& call) {
  record(journal::event::Reading{false}, call);
}

void SmtpSession::shut_down(CallContext& call) {
  if (ended()) return;
  const ServerReply reply = own_reply(StandardReply::shutting_down);
  said_421_ = true;
  record_exchange(stage_, {}, reply, nullptr, call);
  say(reply.wire, call);
  end(EndedBy::server_stop, false, call);
}

void SmtpSession::begin_step(CallContext& call, std::optional<Stage> stage,
                             std::string_view line) const {
  call.settled = call.out.position();
  call.exchanges = exchanges_;
  call.stage = stage;
  call.line = line;
}

/// What the step has recorded was not so, as the client is told otherwise. A step that has already said its last word
/// lacks nothing.
void SmtpSession::store_lost(CallContext& call) {
  if (!is_talking()) return;
  call.out.undo_to(call.settled);
  exchanges_ = call.exchanges;
  stage_ = call.stage.value_or(stage_);
  const ServerReply reply = reply_of(StandardReply::store_lost, true);
  Command command;
  command.line = call.line;
  const bool can_say =
      !peer_.implicit_tls || tls_; // clear text is nothing to a client that speaks TLS
  const RecordedExchange asked =
      record_exchange(stage_, command, can_say ? reply : ServerReply(), nullptr, call);
  auto& record = std::get<effect::Record>(call.out.list[asked.effect]);
  std::get<journal::event::Exchange>(record.event.body).store_lost = true;
  verb_ = {};
  if (can_say) say(reply.wire, call);
  said_421_ = can_say;
  end(EndedBy::store_lost, false, call);
}

/// The server has closed, the client goes on: a sender that doesn't look at replies, or one that had
/// pipelined. After 421 only QUIT is in order.
void SmtpSession::listen_after_end(std::string_view& input, CallContext& call) {
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
    show(command, call.out.texts.keep(line->text), call);
    if (command.verb.empty()) command.verb = wire::to_string(command.parsed.verb);
    if (command.parsed.verb == wire::Verb::quit) continue;
    command.breaches = bit(Breach::talked_after_421);
    record_exchange(stage_, command, {}, nullptr, call);
    if (command.parsed.verb != wire::Verb::bdat) continue;
    if (const auto chunk = wire::parse_bdat(command.parsed.arguments)) skip(chunk->size);
  }
  input = {};
}

} // namespace tempfail::session
