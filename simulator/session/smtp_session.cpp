// What all stages have in common: finding the rule that fires, recording, and saying.
#include "session/smtp_session.hpp"

#include "session/answer_counts.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace tempfail::session {

using journal::event::EndedBy;

namespace {

bool is_success(int code) {
  return code >= 200 && code < 300;
}

/// Whether the server refuses with it what comes at the wrong place in a session.
bool is_about_sequence(StandardReply say) {
  constexpr std::array refusals = {StandardReply::hello_first,
                                   StandardReply::sender_already_given,
                                   StandardReply::mail_first,
                                   StandardReply::no_valid_recipients,
                                   StandardReply::data_after_bdat,
                                   StandardReply::tls_already_active,
                                   StandardReply::already_authenticated,
                                   StandardReply::not_during_mail,
                                   StandardReply::only_quit};
  return std::find(refusals.begin(), refusals.end(), say) != refusals.end();
}

} // namespace

SmtpSession::SmtpSession(PreparedScenarioPtr prepared, state::ServerState& state, Peer peer,
                         std::uint64_t number, RecipientRouter* router)
    : prepared_(std::move(prepared)), state_(state), router_(router), number_(number),
      peer_(std::move(peer)), splitter_(prepared_->limits().command_line) {}

SmtpSession::~SmtpSession() {
  leave_states(); // a session that never ended
}

void SmtpSession::move_to(Phase next) {
  assert(may_follow(phase_, next));
  phase_ = next;
}

/// What the next event says of a client that talked before the greeting.
Breaches SmtpSession::take_early_breach() {
  if (early_input_ != EarlyInput::unrecorded) return 0;
  early_input_ = EarlyInput::recorded;
  return bit(Breach::talked_before_greeting);
}

const PreparedScenario& SmtpSession::active() const {
  return transaction_ && transaction_->prepared ? *transaction_->prepared : *prepared_;
}

state::ServerState& SmtpSession::active_state() const {
  return transaction_ && transaction_->state != nullptr ? *transaction_->state : state_;
}

bool SmtpSession::announced(Extension extension) const {
  return extensions()[static_cast<std::size_t>(extension)];
}

const scenario::Extensions& SmtpSession::extensions() const {
  static constexpr scenario::Extensions none{};
  if (hello_ != Hello::ehlo) return none;
  return said_hello_ != nullptr ? *said_hello_->announces : prepared_->extensions(tls_);
}

ServerReply SmtpSession::own_reply(StandardReply say) const {
  return reply_of(say, announced(Extension::enhanced_status_codes));
}

RuleInput SmtpSession::rule_input(Stage stage, const CallContext& call) const {
  RuleInput at;
  at.stage = stage;
  at.now = call.now;
  at.connection = number_;
  at.client = peer_.address;
  at.helo = helo_;
  at.verb = verb_;
  at.tls = tls_;
  at.authenticated = authenticated_;
  at.messages = messages_;
  at.commands = commands_;
  at.open_connections = call.open_connections;
  if (!transaction_) return at;
  at.has_sender = true;
  at.sender = transaction_->sender;
  at.recipient = transaction_->current_recipient;
  at.recipients = transaction_->recipients;
  at.envelope_recipients = transaction_->envelope();
  at.declared_size = transaction_->declared_size;
  at.smtputf8 = transaction_->smtputf8;
  at.eight_bit = transaction_->eight_bit;
  if (!transaction_->reader) return at;
  const wire::ContentFacts& facts = transaction_->reader->facts();
  at.size = facts.size;
  at.received_fields = facts.received_fields;
  if (stage != Stage::message) return at;
  at.headers = facts.headers;
  at.content = transaction_->reader->content();
  at.message = transaction_->message_key;
  return at;
}

ReplyPlaceholderValues SmtpSession::placeholder_values() const {
  ReplyPlaceholderValues texts;
  texts.client = peer_.address;
  texts.helo = helo_;
  texts.hostname = active().server().hostname;
  if (!transaction_) return texts;
  texts.sender = transaction_->sender;
  texts.recipient = transaction_->current_recipient;
  if (texts.recipient.empty() && !transaction_->recipients.empty())
    texts.recipient = transaction_->recipients.front();
  texts.size =
      transaction_->reader ? transaction_->reader->facts().size : transaction_->declared_size;
  return texts;
}

const StageRule* SmtpSession::firing_rule(const RuleInput& at) const {
  for (const StageRule& rule : active().rules(at.stage))
    if (fires(rule, at, active().server(), active_state())) return &rule;
  return nullptr;
}

const StageRule* SmtpSession::firing_out_of_sequence(const RuleInput& at) const {
  for (const StageRule& rule : active().rules(at.stage))
    if (rule.rule->out_of_sequence && fires(rule, at, active().server(), active_state()))
      return &rule;
  return nullptr;
}

void SmtpSession::record(const journal::Body& body, CallContext& call) const {
  call.out.record({call.now, number_, active().number(), body});
}

RecordedExchange SmtpSession::record_exchange(Stage stage, const Command& command,
                                              ServerReply reply, const StageRule* rule,
                                              CallContext& call) {
  journal::event::Exchange exchange;
  exchange.stage = stage;
  exchange.number = ++exchanges_;
  exchange.asked = call.arrived;
  exchange.line = command.line;
  exchange.verb = command.verb.empty() && !command.line.empty() ? verb_ : command.verb;
  exchange.address = command.address;
  exchange.envelope_id = command.envelope_id;
  exchange.parameters = command.parameters;
  exchange.size = command.size;
  exchange.last_chunk = command.last_chunk;
  if (stage == Stage::ehlo && command.parsed.verb == wire::Verb::ehlo) {
    const auto pipelining = static_cast<std::size_t>(Extension::pipelining);
    exchange.met = prepared_->is_about_extensions(tls_);
    const bool own = rule != nullptr && rule->replaces_reply;
    exchange.pipelining = own ? rule->announces && (*rule->announces)[pipelining]
                              : prepared_->extensions(tls_)[pipelining];
  }
  if (!half_closed_ && !reply.wire.empty()) {
    exchange.reply = reply.wire;
    exchange.code = reply.code;
    exchange.answered = call.now;
  }
  if (rule != nullptr) {
    exchange.rule = rule->rule->line;
    exchange.met = true;
    exchange.other_actions = rule->other_actions;
  }
  exchange.breaches = command.breaches;
  const RecordedExchange asked{call.out.list.size(), exchange.number};
  record(exchange, call);
  return asked;
}

SmtpSession::StageResult SmtpSession::answer(Stage stage, const Command& command,
                                             ServerReply fallback, CallContext& call) {
  const StageRule* rule = nullptr;
  if (!active().rules(stage).empty()) rule = firing_rule(rule_input(stage, call));
  return carry_out(stage, rule, command, fallback, call);
}

void SmtpSession::count_answer(Stage stage, int code) const {
  if (!transaction_ || transaction_->answer_counts == nullptr || !AnswerCounts::counts(stage))
    return;
  const bool is_recipient = stage == Stage::rcpt;
  if (!is_recipient) {
    const bool decides = stage == Stage::message || code >= 400 || !is_talking() ||
                         (stage == Stage::content && code != 0);
    if (!decides || std::exchange(transaction_->is_tallied, true)) return;
  }
  AnswerOutcome outcome = AnswerOutcome::unanswered;
  if (is_success(code)) outcome = AnswerOutcome::accepted;
  if (code >= 400) outcome = code < 500 ? AnswerOutcome::deferred : AnswerOutcome::rejected;
  transaction_->answer_counts->add(stage, outcome);
}

SmtpSession::StageResult SmtpSession::carry_out(Stage stage, const StageRule* rule,
                                                const Command& command, ServerReply fallback,
                                                CallContext& call) {
  stage_ = stage;
  if (rule == nullptr) {
    record_exchange(stage, command, fallback, nullptr, call);
    // Nothing is taken of which the client can't be told.
    if (stage == Stage::message && is_success(fallback.code) && !half_closed_) accept_message(call);
    say(fallback.wire, call);
    if (fallback.code == 421) end(EndedBy::server, false, call);
    count_answer(stage, half_closed_ ? 0 : fallback.code);
    return {fallback.code, nullptr};
  }
  const RecordedExchange asked = record_exchange(stage, command, {}, rule, call);
  const int code = rule->replaces_reply ? rule->code : fallback.code;
  const bool says_so = is_success(code) && !half_closed_;
  if (stage == Stage::message && (says_so || rule->accepts)) accept_message(call);
  if (half_closed_) {
    count_answer(stage, 0);
    return {0, rule};
  }
  said_421_ = said_421_ || rule->says_421;
  ReplyWriter writer(asked, number_, active().number(), call.now, call.out);
  apply(perform(*rule, fallback, placeholder_values(), active_state(), writer), call);
  count_answer(stage, code);
  return {code, rule};
}

void SmtpSession::apply(const ActionResult& result, CallContext& call) {
  call.paused = call.paused || result.paused;
  half_closed_ = half_closed_ || result.half_closed;
  switch (result.ending) {
  case Ending::none: return;
  case Ending::close: end(EndedBy::server, false, call); return;
  case Ending::reset: end(EndedBy::server, true, call); return;
  case Ending::stalled:
    move_to(Phase::stalled);
    call.paused = true;
    return;
  }
}

SmtpSession::StageResult SmtpSession::refuse(Stage stage, const Command& command,
                                             StandardReply text, CallContext& call, Breaches more) {
  Command flawed = command;
  flawed.breaches |= more;
  const ServerReply reply = own_reply(text);
  if (is_about_sequence(text) && !active().rules(stage).empty())
    if (const StageRule* rule = firing_out_of_sequence(rule_input(stage, call)))
      return carry_out(stage, rule, flawed, reply, call);
  stage_ = stage;
  record_exchange(stage, flawed, reply, nullptr, call);
  say(reply.wire, call);
  if (++errors_ < prepared_->limits().errors || ended()) return {reply.code, nullptr};
  give_up(stage, StandardReply::too_many_errors, call);
  return {421, nullptr};
}

void SmtpSession::give_up(Stage stage, StandardReply text, CallContext& call) {
  const ServerReply last = own_reply(text);
  record_exchange(stage, {}, last, nullptr, call);
  say(last.wire, call);
  said_421_ = true;
  end(EndedBy::server, false, call);
}

void SmtpSession::say(std::string_view text, CallContext& call) const {
  if (!half_closed_) call.out.write(text);
}

void SmtpSession::end(EndedBy by, bool reset, CallContext& call) {
  if (ended()) return;
  move_to(Phase::ended);
  call.paused = true;
  record_end(by, {}, call, reset);
  if (reset)
    call.out.list.emplace_back(effect::Reset{});
  else
    call.out.list.emplace_back(effect::Close{by == EndedBy::client_quit});
}

void SmtpSession::record_end(EndedBy by, std::string_view pending, CallContext& call, bool reset) {
  journal::event::Disconnect disconnect;
  disconnect.by = by;
  disconnect.stage = stage_;
  if (transaction_ && transaction_->reader && stage_ == Stage::content)
    disconnect.content_bytes = transaction_->reader->bytes_consumed();
  disconnect.pending = pending;
  disconnect.reset = reset;
  disconnect.breaches = take_early_breach();
  record(disconnect, call);
  leave_states();
}

void SmtpSession::end_transaction() {
  leave_route();
  transaction_.reset();
}

void SmtpSession::leave_route() {
  if (!transaction_ || transaction_->state == nullptr) return;
  std::exchange(transaction_->state, nullptr)->disconnected(peer_.address);
}

/// The connection is not counted any more, neither here nor where a recipient has led it.
void SmtpSession::leave_states() {
  leave_route();
  if (std::exchange(connected_, false)) state_.disconnected(peer_.address);
}

} // namespace tempfail::session
