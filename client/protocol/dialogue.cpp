// The dialogue's frame: events, the order of replies, time-outs and ends.
#include "client/protocol/dialogue.hpp"

#include "client/protocol/judgement.hpp"

#include <cassert>
#include <utility>

namespace tempfail::client {
namespace {

/// When in the session something happened, for people.
std::string_view moment(Stage stage) {
  switch (stage) {
  case Stage::resolve:
  case Stage::connect:
  case Stage::greeting: return "before the greeting";
  case Stage::ehlo: return "after EHLO";
  case Stage::starttls: return "after STARTTLS";
  case Stage::handshake: return "during the TLS handshake";
  case Stage::auth: return "during AUTH";
  case Stage::mail: return "after MAIL";
  case Stage::rcpt: return "after RCPT";
  case Stage::data: return "after DATA";
  case Stage::content: return "during the content";
  case Stage::message: return "after the end of the content";
  case Stage::rset: return "after RSET";
  case Stage::quit: return "after QUIT";
  case Stage::idle: return "between two messages";
  }
  return "";
}

} // namespace

Dialogue::Dialogue(SessionSettings settings) : settings_(std::move(settings)) {}

Actions Dialogue::start() {
  Actions actions;
  if (settings_.implicit_tls) {
    handshake(actions);
    return actions;
  }
  pending_.push_back({.stage = Stage::greeting});
  await(actions);
  return actions;
}

Actions Dialogue::receive(std::string_view bytes) {
  Actions actions;
  while (state_ != State::over) {
    const auto reply = reader_.next(bytes);
    if (reader_.failed()) {
      fail_protocol(reader_.error(), actions);
      return actions;
    }
    if (!reply) {
      break;
    }
    process(*reply, actions);
    if (drop_input_) {
      // What came behind the reply to STARTTLS was not protected: it might be anybody's (RFC 3207
      // section 5).
      drop_input_ = false;
      reader_.clear();
      break;
    }
    if (bytes.empty()) {
      await(actions);
    }
  }
  return actions;
}

Actions Dialogue::reply(const Reply& reply) {
  Actions actions;
  process(reply, actions);
  await(actions);
  return actions;
}

void Dialogue::process(const Reply& reply, Actions& actions) {
  if (state_ == State::over) {
    return;
  }
  if (state_ == State::quitting) {
    hang_up(actions);
    return;
  }
  if (transaction_) {
    transaction_->heard = true;
  }
  if (reply.code == 421) {
    // The server closes the channel now, whatever was asked (RFC 5321 section 3.8).
    fail(judge(reply, stage()), actions);
    return;
  }
  if (pending_.empty() || state_ == State::handshaking) {
    fail_protocol("a reply that no command asked for: " + std::to_string(reply.code) + ' ' +
                      reply.text(),
                  actions);
    return;
  }
  const Pending pending = pending_.front();
  pending_.pop_front();
  answering_ = pending.stage;
  dispatch(pending, reply, actions);
  answering_.reset();
}

void Dialogue::dispatch(const Pending& pending, const Reply& reply, Actions& actions) {
  switch (pending.stage) {
  case Stage::greeting: on_greeting(reply, actions); return;
  case Stage::ehlo: on_ehlo(reply, actions); return;
  case Stage::starttls: on_starttls(reply, actions); return;
  case Stage::auth: on_auth(reply, actions); return;
  case Stage::rset: on_rset(reply, actions); return;
  case Stage::mail: on_mail(reply, actions); return;
  case Stage::rcpt: on_rcpt(reply, pending.recipient, actions); return;
  case Stage::data: on_data(reply, actions); return;
  case Stage::content: on_chunk(reply, actions); return;
  case Stage::message: on_message(reply, actions); return;
  case Stage::resolve:
  case Stage::connect:
  case Stage::handshake:
  case Stage::quit:
  case Stage::idle: break;
  }
  assert(false && "no command of this stage is ever sent");
}

Actions Dialogue::written() {
  Actions actions;
  if (transaction_ && transaction_->sending) {
    transaction_->sending = false;
    transaction_->committed = transaction_->last_part;
    await(actions);
  }
  return actions;
}

Actions Dialogue::timed_out() {
  Actions actions;
  const Stage where = stage();
  const Failure failure = where == Stage::greeting ? Failure::no_greeting : Failure::time_out;
  fail(conclude(Fate::transient, failure, where, "timed out " + std::string(moment(where))),
       actions);
  return actions;
}

Actions Dialogue::closed(Ending ending, std::string_view what) {
  Actions actions;
  const Stage where = stage();
  std::string text =
      ending == Ending::reset ? "connection lost" : "connection closed by the server";
  text += ' ' + std::string(moment(where));
  if (reader_.in_reply()) {
    text += ", in the middle of a reply";
  }
  if (!what.empty()) {
    text += ": " + std::string(what);
  }
  fail(conclude(Fate::transient, Failure::dropped, where, text), actions);
  return actions;
}

Actions Dialogue::cancel(std::string_view why) {
  Actions actions;
  fail(conclude(Fate::transient, Failure::local, Stage::content, why), actions);
  return actions;
}

Actions Dialogue::quit() {
  assert(ready());
  Actions actions;
  state_ = State::quitting;
  send_command("QUIT\r\n", Stage::quit, actions);
  await(actions);
  return actions;
}

Stage Dialogue::stage() const {
  if (transaction_ && transaction_->sending) {
    return Stage::content;
  }
  if (answering_) {
    return *answering_;
  }
  if (state_ == State::handshaking) {
    return Stage::handshake;
  }
  return pending_.empty() ? Stage::idle : pending_.front().stage;
}

/// The session is lost: whoever was not settled yet gets `settlement`, and the connection is
/// closed.
void Dialogue::fail(Settlement settlement, Actions& actions) {
  if (transaction_) {
    settlement.in_doubt = transaction_->committed && !settlement.replied;
    settle_open(settlement, actions);
    actions.emplace_back(
        action::TransactionDone{.reusable = false, .nothing_heard = !transaction_->heard});
    transaction_.reset();
  } else if (state_ != State::quitting && state_ != State::over) {
    actions.emplace_back(action::SessionFailed{std::move(settlement)});
  }
  hang_up(actions);
}

/// The server talks nonsense. It gets a goodbye where one can be understood, and no more.
void Dialogue::fail_protocol(std::string_view what, Actions& actions) {
  const bool in_content = transaction_ && transaction_->sending;
  const bool goodbye = !in_content && state_ != State::handshaking && state_ != State::quitting;
  if (goodbye) {
    actions.emplace_back(action::Send{"QUIT\r\n"});
  }
  fail(conclude(Fate::transient, Failure::protocol_error, stage(), what), actions);
}

/// The session can't carry a message, but the server still listens: say goodbye properly.
void Dialogue::refuse_session(Settlement settlement, Actions& actions) {
  actions.emplace_back(action::SessionFailed{std::move(settlement)});
  state_ = State::quitting;
  send_command("QUIT\r\n", Stage::quit, actions);
}

void Dialogue::send_command(std::string command, Stage stage, Actions& actions,
                            std::size_t recipient) {
  pending_.push_back({.stage = stage, .recipient = recipient});
  if (!actions.empty()) {
    if (auto* send = std::get_if<action::Send>(&actions.back())) {
      send->bytes += command;
      return;
    }
  }
  actions.emplace_back(action::Send{std::move(command)});
}

/// Asks for the wait for the next reply that is owed. While content is written its own time-out
/// runs.
void Dialogue::await(Actions& actions) {
  if (pending_.empty() || state_ == State::over || (transaction_ && transaction_->sending)) {
    return;
  }
  const Stage next = pending_.front().stage;
  actions.emplace_back(action::Await{.stage = next, .time_out = time_out(next)});
}

void Dialogue::hang_up(Actions& actions) {
  if (state_ == State::over) {
    return;
  }
  state_ = State::over;
  pending_.clear();
  actions.emplace_back(action::Close{});
}

std::chrono::milliseconds Dialogue::time_out(Stage stage) const {
  const TimeOuts& limits = settings_.time_outs;
  switch (stage) {
  case Stage::resolve:
  case Stage::connect: return limits.connect;
  case Stage::greeting: return limits.greeting;
  case Stage::ehlo: return limits.ehlo;
  case Stage::starttls: return limits.starttls;
  case Stage::handshake: return limits.handshake;
  case Stage::auth: return limits.auth;
  case Stage::mail: return limits.mail;
  case Stage::rcpt: return limits.rcpt;
  case Stage::data: return limits.data;
  case Stage::content: return limits.block;
  case Stage::message: return limits.message;
  case Stage::rset: return limits.rset;
  case Stage::quit:
  case Stage::idle: return limits.quit;
  }
  return limits.quit;
}

} // namespace tempfail::client
