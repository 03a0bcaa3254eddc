// MAIL and RCPT: the envelope, and on the shared port the choice of a scenario.
#include "session/smtp_session.hpp"

#include "base/ascii.hpp"
#include "session/answer_counts.hpp"
#include "session/parameters.hpp"
#include "wire/address.hpp"

#include <utility>

namespace tempfail::session {

void SmtpSession::mail(Command& command, CallContext& call) {
  ++mail_commands_;
  const wire::PathResult result = wire::parse_path(command.parsed.arguments, "FROM");
  if (!result.error) command.address = result.path.address; // also of one that is refused unread
  if (transaction_) {
    refuse(Stage::mail, command, StandardReply::sender_already_given, call,
           bit(Breach::wrong_sequence));
    return;
  }
  const scenario::Auth* const users =
      prepared_->server().auth ? &*prepared_->server().auth : nullptr;
  if (users != nullptr && users->required && !authenticated_) {
    refuse(Stage::mail, command, StandardReply::auth_required, call);
    return;
  }
  if (result.space_after_colon) command.breaches |= bit(Breach::syntax);
  if (result.error) {
    const bool bad_path = *result.error == wire::PathError::malformed_path;
    refuse(Stage::mail, command,
           bad_path ? StandardReply::bad_sender_address : StandardReply::bad_mail_syntax, call,
           bit(Breach::syntax));
    return;
  }
  const MailParameters parameters = read_mail_parameters(result.path.parameters, extensions());
  if (parameters.refusal) {
    refuse(Stage::mail, command, *parameters.refusal, call,
           bit(parameters.unannounced ? Breach::unannounced_extension : Breach::syntax));
    return;
  }
  if (!base::is_ascii(command.line) && !parameters.smtputf8) {
    refuse(Stage::mail, command, StandardReply::needs_smtputf8, call,
           bit(Breach::eight_bit_command));
    return;
  }
  command.size = parameters.declared_size;
  command.envelope_id = parameters.envelope_id;
  command.parameters = call.out.texts.keep(parameters.requests);
  transaction_ = std::make_unique<Transaction>();
  transaction_->sender = result.path.address;
  transaction_->declared_size = parameters.declared_size;
  transaction_->smtputf8 = parameters.smtputf8;
  transaction_->eight_bit = parameters.eight_bit;
  const bool too_large = parameters.declared_size > prepared_->size_limit();
  const StageResult answer_given = answer(
      Stage::mail, command,
      own_reply(too_large ? StandardReply::message_too_large : StandardReply::sender_ok), call);
  if (answer_given.positive())
    state_.count_against_rate(peer_.address, call.now);
  else
    end_transaction();
}

void SmtpSession::rcpt(Command& command, CallContext& call) {
  if (!transaction_ || transaction_->reader) {
    refuse(Stage::rcpt, command, StandardReply::mail_first, call,
           transaction_ ? bit(Breach::wrong_sequence) : without_mail());
    return;
  }
  const wire::PathResult result = wire::parse_path(command.parsed.arguments, "TO");
  if (result.space_after_colon) command.breaches |= bit(Breach::syntax);
  if (result.error) {
    const bool bad_path = *result.error == wire::PathError::malformed_path;
    refuse(Stage::rcpt, command,
           bad_path ? StandardReply::bad_recipient_address : StandardReply::bad_rcpt_syntax, call,
           bit(Breach::syntax));
    return;
  }
  command.address = result.path.address;
  const RcptParameters parameters = read_rcpt_parameters(result.path.parameters, extensions());
  if (parameters.refusal) {
    refuse(Stage::rcpt, command, *parameters.refusal, call,
           bit(parameters.unannounced ? Breach::unannounced_extension : Breach::syntax));
    return;
  }
  command.parameters = call.out.texts.keep(parameters.requests);
  if (!base::is_ascii(command.line) && !transaction_->smtputf8) {
    refuse(Stage::rcpt, command, StandardReply::needs_smtputf8, call,
           bit(Breach::eight_bit_command));
    return;
  }
  // In needless quotes it is the same mailbox.
  const bool is_quoted = result.path.address.starts_with('"');
  const std::string plain =
      is_quoted ? wire::without_needless_quotes(result.path.address) : std::string();
  const std::string_view recipient = is_quoted ? std::string_view(plain) : result.path.address;
  bool is_new_route = false;
  if (router_ != nullptr && !route(recipient, command, call, is_new_route)) return;
  const bool too_many = transaction_->recipients.size() >= prepared_->limits().recipients;
  const ServerReply fallback =
      own_reply(too_many ? StandardReply::too_many_recipients : StandardReply::recipient_ok);
  StageResult given;
  transaction_->current_recipient = recipient;
  if (is_new_route) {
    given = answer_of_route(command, fallback, call);
  } else {
    given = answer(Stage::rcpt, command, fallback, call);
  }
  transaction_->current_recipient = {};
  if (given.positive()) transaction_->recipients.emplace_back(recipient);
}

/// Binds the transaction to the scenario that `recipient` names; mail from <> may go to anybody. False: it was refused.
bool SmtpSession::route(std::string_view recipient, const Command& command, CallContext& call,
                        bool& is_new) {
  RecipientRouter::Target target = router_->route(recipient);
  if (!target.prepared) {
    // A notification goes to whoever sent the message, whose domain is no scenario's.
    if (transaction_->sender.empty()) return true;
    refuse(Stage::rcpt, command, StandardReply::no_such_scenario, call);
    return false;
  }
  if (transaction_->prepared == target.prepared) return true;
  if (transaction_->prepared && !transaction_->recipients.empty()) {
    if (target.answer_counts != nullptr)
      target.answer_counts->add(Stage::rcpt, AnswerOutcome::split);
    refuse(Stage::rcpt, command, StandardReply::one_scenario_per_message, call);
    return false;
  }
  leave_route();
  call.open_connections =
      target.state->connected(peer_.address, call.now); // unless its store is lost
  transaction_->prepared = std::move(target.prepared);
  transaction_->state = target.state;
  transaction_->answer_counts = target.answer_counts;
  is_new = true;
  return true;
}

/// The stages that this scenario could not take part in are made up for, in their order: its MAIL counts for its rate
/// where its recipient is not refused for what comes before RCPT.
SmtpSession::StageResult SmtpSession::answer_of_route(const Command& command, ServerReply fallback,
                                                      CallContext& call) {
  const StageRule* rule = nullptr;
  for (const Stage stage : {Stage::connect, Stage::greeting, Stage::ehlo, Stage::mail}) {
    rule = firing_rule(rule_input(stage, call));
    if (rule != nullptr) break;
  }
  const bool is_late = rule == nullptr;
  if (is_late) rule = firing_rule(rule_input(Stage::rcpt, call));
  call.open_connections.reset();
  state::ServerState& state = active_state();
  const StageResult given = carry_out(Stage::rcpt, rule, command, fallback, call);
  if (is_late || given.positive()) state.count_against_rate(peer_.address, call.now);
  return given;
}

} // namespace tempfail::session
