// The dialogue's second part: one message, from MAIL (or the RSET before it) to the reply after the
// final dot.
#include "base/domain.hpp"
#include "client/protocol/content.hpp"
#include "client/protocol/dialogue.hpp"
#include "client/protocol/judgement.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tempfail::client {
namespace {

constexpr std::size_t chunk_bytes =
    256 * 1024; ///< of one BDAT: a server that refuses early saves the rest

/// A failure that is this side's judgement of the message, under a status of its own.
Settlement impossible(Status status, std::string_view text) {
  Settlement result = conclude(Fate::permanent, Failure::unsupported, Stage::mail, text);
  result.status = status;
  return result;
}

bool eight_bit_in(const std::string& content) {
  return std::any_of(content.begin(), content.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) > 127; });
}

/// For a server without SMTPUTF8: an address is ASCII when its domain is in A-labels (RFC 6531 section 3.2), unless its
/// local part is not.
std::string in_ascii_if_possible(const std::string& address) {
  const auto at = address.rfind('@');
  if (is_ascii(address) || at == std::string::npos || !is_ascii(address.substr(0, at))) {
    return address;
  }
  const auto domain = base::to_a_labels(std::string_view{address}.substr(at + 1));
  return domain ? address.substr(0, at + 1) + *domain : address;
}

} // namespace

Actions Dialogue::begin(const Message& message, std::vector<Recipient> recipients) {
  assert(ready());
  Actions actions;
  state_ = State::busy;
  Transaction& transaction = transaction_.emplace(Transaction{});
  transaction.message = message;
  if (!transaction.message.content) {
    transaction.message.content = std::make_shared<const std::string>();
  }
  transaction.settled.resize(recipients.size());
  transaction.accepted.resize(recipients.size());
  transaction.recipients = std::move(recipients);
  if (!settle_unsendable(actions)) {
    transaction.heard = true;
    transaction_done(false, actions);
    return actions;
  }
  if (needs_reset_) {
    send_command("RSET\r\n", Stage::rset, actions);
  } else {
    send_envelope(actions);
  }
  await(actions);
  return actions;
}

/// The server promises to pass messages on over TLS alone, and is the one that it claims to be.
bool Dialogue::keeps_tls_required() const {
  return tls_.used && tls_.verified && capabilities_.requiretls;
}

/// Settles whom this session can't serve; false if nobody is left.
bool Dialogue::settle_unsendable(Actions& actions) {
  Transaction& transaction = *transaction_;
  if (!capabilities_.smtputf8) {
    transaction.message.sender = in_ascii_if_possible(transaction.message.sender);
    for (Recipient& recipient : transaction.recipients) {
      recipient.address = in_ascii_if_possible(recipient.address);
    }
  }
  const Message& message = transaction.message;
  transaction.needs.eight_bit = eight_bit_in(*message.content);
  transaction.needs.smtputf8 = message.smtputf8 || !is_ascii(message.sender);
  if (!sendable_address(message.sender)) {
    settle_open(impossible({5, 1, 7}, "the sender's address is malformed"), actions);
    return false;
  }
  // A notification must not be lost for want of REQUIRETLS (RFC 8689 section 5).
  if (message.requiretls && !message.sender.empty() && !keeps_tls_required()) {
    settle_open(impossible(requiretls_needed, "the message needs REQUIRETLS, which the server does "
                                              "not offer in a verified TLS session"),
                actions);
    return false;
  }
  transaction.needs.requiretls = message.requiretls && keeps_tls_required();
  if (transaction.needs.smtputf8 && !capabilities_.smtputf8) {
    settle_open(
        impossible({5, 6, 7}, "the message needs SMTPUTF8, which the server does not offer"),
        actions);
    return false;
  }
  if (transaction.needs.eight_bit && !capabilities_.eight_bit) {
    settle_open(
        impossible({5, 6, 3}, "the message needs 8BITMIME, which the server does not offer"),
        actions);
    return false;
  }
  bool left = false;
  for (std::size_t index = 0; index < transaction.recipients.size(); ++index) {
    const std::string& address = transaction.recipients[index].address;
    if (address.empty() || !sendable_address(address)) {
      settle(index, impossible({5, 1, 3}, "the recipient's address is malformed"), actions);
    } else if (!is_ascii(address) && !capabilities_.smtputf8) {
      settle(index,
             impossible({5, 6, 7}, "the address needs SMTPUTF8, which the server does not offer"),
             actions);
    } else {
      transaction.needs.smtputf8 |= !is_ascii(address);
      left = true;
    }
  }
  return left;
}

void Dialogue::on_rset(const Reply& reply, Actions& actions) {
  if (!reply.positive()) {
    fail_protocol(std::to_string(reply.code) + " to RSET", actions);
    return;
  }
  needs_reset_ = false;
  send_envelope(actions);
}

void Dialogue::send_envelope(Actions& actions) {
  Transaction& transaction = *transaction_;
  send_command(mail_command(transaction.message, transaction.needs, capabilities_), Stage::mail,
               actions);
  if (!settings_.pipelining || !capabilities_.pipelining) {
    return;
  }
  while (send_next_rcpt(actions)) {
  }
  if (!settings_.chunking || !capabilities_.chunking) {
    send_command("DATA\r\n", Stage::data, actions);
  }
}

/// Sends RCPT for the next recipient that is not settled; false if there is none.
bool Dialogue::send_next_rcpt(Actions& actions) {
  Transaction& transaction = *transaction_;
  while (transaction.next_recipient < transaction.recipients.size()) {
    const std::size_t recipient = transaction.next_recipient++;
    if (!transaction.settled[recipient]) {
      send_command(rcpt_command(transaction.recipients[recipient], capabilities_), Stage::rcpt,
                   actions, recipient);
      return true;
    }
  }
  return false;
}

void Dialogue::on_mail(const Reply& reply, Actions& actions) {
  if (reply.intermediate()) {
    fail_protocol(std::to_string(reply.code) + " to MAIL", actions);
    return;
  }
  if (!reply.positive()) {
    transaction_->mail_refused = true;
    settle_open(judge(reply, Stage::mail), actions);
  }
  if (!pending_.empty()) {
    return; // pipelined: the replies to the rest are still to come
  }
  if (transaction_->mail_refused || !send_next_rcpt(actions)) {
    envelope_done(actions);
  }
}

void Dialogue::on_rcpt(const Reply& reply, std::size_t recipient, Actions& actions) {
  if (!transaction_->mail_refused) {
    if (reply.intermediate()) {
      fail_protocol(std::to_string(reply.code) + " to RCPT", actions);
      return;
    }
    if (reply.positive()) {
      transaction_->accepted[recipient] = true;
    } else {
      settle(recipient, judge(reply, Stage::rcpt), actions);
    }
  }
  if (!pending_.empty()) {
    return;
  }
  if (transaction_->mail_refused || !send_next_rcpt(actions)) {
    envelope_done(actions);
  }
}

/// All replies to the envelope are here, and DATA was not sent along with it.
void Dialogue::envelope_done(Actions& actions) {
  if (!any_accepted()) {
    transaction_done(true, actions);
  } else if (settings_.chunking && capabilities_.chunking) {
    transaction_->wire = transaction_->message.content;
    send_chunk(actions);
  } else {
    send_command("DATA\r\n", Stage::data, actions);
  }
}

void Dialogue::on_data(const Reply& reply, Actions& actions) {
  if (reply.positive()) {
    fail_protocol(std::to_string(reply.code) + " to DATA", actions);
    return;
  }
  if (!reply.intermediate()) {
    settle_accepted(judge(reply, Stage::data), actions);
    transaction_done(true, actions);
    return;
  }
  if (!any_accepted()) {
    // DATA was pipelined and taken although there is nobody to deliver to (RFC 2920 section 3.1).
    transaction_->empty_end = true;
    send_command(".\r\n", Stage::message, actions);
    return;
  }
  transaction_->wire = dot_stuffed(transaction_->message.content);
  pending_.push_back({.stage = Stage::message});
  announce_commit(actions);
  send_content(transaction_->wire->size(), ".\r\n", true, actions);
}

void Dialogue::send_chunk(Actions& actions) {
  const std::size_t left = transaction_->wire->size() - transaction_->wire_sent;
  const std::size_t length = std::min(left, chunk_bytes);
  const bool last = length == left;
  if (last) {
    announce_commit(actions);
  }
  send_command("BDAT " + std::to_string(length) + (last ? " LAST\r\n" : "\r\n"),
               last ? Stage::message : Stage::content, actions);
  send_content(length, {}, last, actions);
}

/// Says for whom the next bytes complete the message, before any of them is on its way.
void Dialogue::announce_commit(Actions& actions) {
  action::Committing committing;
  for (std::size_t index = 0; index < transaction_->recipients.size(); ++index) {
    if (transaction_->accepted[index] && !transaction_->settled[index]) {
      committing.recipients.push_back(index);
    }
  }
  actions.emplace_back(std::move(committing));
}

void Dialogue::send_content(std::size_t length, std::string trailer, bool last, Actions& actions) {
  Transaction& transaction = *transaction_;
  actions.emplace_back(action::SendContent{.content = transaction.wire,
                                           .offset = transaction.wire_sent,
                                           .length = length,
                                           .trailer = std::move(trailer),
                                           .block_time_out = time_out(Stage::content)});
  transaction.wire_sent += length;
  transaction.sending = true;
  transaction.last_part = last;
}

void Dialogue::on_chunk(const Reply& reply, Actions& actions) {
  if (reply.positive() && !transaction_->sending) {
    send_chunk(actions);
  } else if (reply.positive() || reply.intermediate()) {
    fail_protocol(std::to_string(reply.code) + " within a chunk", actions);
  } else if (transaction_->sending) {
    fail(judge(reply, Stage::content),
         actions); // the rest of the chunk is owed: nothing else can be said
  } else {
    settle_accepted(judge(reply, Stage::content), actions);
    transaction_done(true, actions);
  }
}

void Dialogue::on_message(const Reply& reply, Actions& actions) {
  if (transaction_->empty_end) {
    transaction_done(true, actions);
    return;
  }
  const bool early = transaction_->sending;
  if (reply.intermediate() || (early && reply.positive())) {
    fail_protocol(std::to_string(reply.code) +
                      (early ? " before the message was complete" : " after the final dot"),
                  actions);
    return;
  }
  if (early) {
    fail(judge(reply, Stage::content), actions);
    return;
  }
  Settlement settlement = judge(reply, Stage::message);
  settlement.dsn_relayed = reply.positive() && capabilities_.dsn;
  settle_accepted(settlement, actions);
  transaction_done(false, actions);
}

bool Dialogue::any_accepted() const {
  return std::find(transaction_->accepted.begin(), transaction_->accepted.end(), true) !=
         transaction_->accepted.end();
}

void Dialogue::settle_open(const Settlement& settlement, Actions& actions) {
  for (std::size_t index = 0; index < transaction_->settled.size(); ++index) {
    settle(index, settlement, actions);
  }
}

void Dialogue::settle_accepted(const Settlement& settlement, Actions& actions) {
  for (std::size_t index = 0; index < transaction_->settled.size(); ++index) {
    if (transaction_->accepted[index]) {
      settle(index, settlement, actions);
    }
  }
}

void Dialogue::settle(std::size_t recipient, const Settlement& settlement, Actions& actions) {
  if (!transaction_->settled[recipient]) {
    transaction_->settled[recipient] = true;
    actions.emplace_back(action::Settled{.recipient = recipient, .settlement = settlement});
  }
}

void Dialogue::transaction_done(bool needs_reset, Actions& actions) {
  assert(std::find(transaction_->settled.begin(), transaction_->settled.end(), false) ==
         transaction_->settled.end());
  needs_reset_ |= needs_reset;
  transaction_.reset();
  state_ = State::ready;
  actions.emplace_back(action::TransactionDone{.reusable = true});
}

} // namespace tempfail::client
