// The dialogue's first part: greeting, EHLO or HELO, STARTTLS, AUTH.
#include "base/base64.hpp"
#include "client/protocol/dialogue.hpp"
#include "client/protocol/judgement.hpp"

#include <utility>

namespace tempfail::client {

void Dialogue::on_greeting(const Reply& reply, Actions& actions) {
  if (reply.positive()) {
    send_ehlo(actions);
  } else if (reply.intermediate()) {
    fail_protocol("greeted with " + std::to_string(reply.code), actions);
  } else {
    refuse_session(judge(reply, Stage::greeting), actions);
  }
}

void Dialogue::send_ehlo(Actions& actions) {
  state_ = State::setting_up;
  capabilities_ = {};
  send_command((said_helo_ ? "HELO " : "EHLO ") + settings_.helo_name + "\r\n", Stage::ehlo,
               actions);
}

void Dialogue::on_ehlo(const Reply& reply, Actions& actions) {
  if (reply.positive()) {
    if (!said_helo_) {
      capabilities_ = Capabilities::parse(reply);
    }
    after_ehlo(actions);
  } else if (reply.permanent() && !said_helo_) {
    said_helo_ = true; // RFC 5321 section 3.2: an old server knows HELO alone
    send_ehlo(actions);
  } else if (reply.intermediate()) {
    fail_protocol(std::to_string(reply.code) + " to EHLO", actions);
  } else {
    refuse_session(judge(reply, Stage::ehlo), actions);
  }
}

void Dialogue::after_ehlo(Actions& actions) {
  if (settings_.tls != TlsMode::never && !tls_.used) {
    if (capabilities_.starttls) {
      send_command("STARTTLS\r\n", Stage::starttls, actions);
      return;
    }
    if (settings_.tls != TlsMode::opportunistic) {
      refuse_session(conclude(Fate::transient, Failure::tls, Stage::starttls,
                              "TLS is required, but STARTTLS is not offered"),
                     actions);
      return;
    }
  }
  begin_auth(actions);
}

void Dialogue::on_starttls(const Reply& reply, Actions& actions) {
  if (reply.positive()) {
    drop_input_ = true;
    handshake(actions);
  } else if (reply.intermediate()) {
    fail_protocol(std::to_string(reply.code) + " to STARTTLS", actions);
  } else if (settings_.tls == TlsMode::opportunistic) {
    begin_auth(actions);
  } else {
    refuse_session(conclude(Fate::transient, Failure::tls, Stage::starttls,
                            "TLS is required, but STARTTLS was refused: " +
                                std::to_string(reply.code) + ' ' + reply.text()),
                   actions);
  }
}

void Dialogue::handshake(Actions& actions) {
  state_ = State::handshaking;
  actions.emplace_back(action::Handshake{.time_out = time_out(Stage::handshake)});
}

Actions Dialogue::handshake_done(const TlsState& tls) {
  Actions actions;
  tls_ = tls;
  tls_.used = true;
  said_helo_ = false; // all that was learnt before TLS is forgotten (RFC 3207 section 4.2)
  state_ = State::setting_up;
  reader_.clear();
  if (settings_.implicit_tls) {
    pending_.push_back({.stage = Stage::greeting});
  } else {
    send_ehlo(actions);
  }
  await(actions);
  return actions;
}

Actions Dialogue::handshake_failed(std::string_view what) {
  Actions actions;
  fail(conclude(Fate::transient, Failure::tls, Stage::handshake, what), actions);
  return actions;
}

void Dialogue::begin_auth(Actions& actions) {
  if (settings_.credentials.user.empty()) {
    become_ready(actions);
    return;
  }
  mechanism_ = choose_mechanism(capabilities_, settings_, tls_.used, refused_mechanisms_);
  if (!mechanism_) {
    Settlement settlement = conclude(Fate::transient, Failure::unsupported, Stage::auth,
                                     "no AUTH mechanism that may be used is offered");
    settlement.status = {4, 7, 0};
    refuse_session(std::move(settlement), actions);
    return;
  }
  std::string command = "AUTH " + std::string(mechanism_->name());
  if (const auto initial = mechanism_->initial()) {
    command += ' ' + (initial->empty() ? "=" : base::encode_base64(*initial));
  }
  send_command(command + "\r\n", Stage::auth, actions);
}

void Dialogue::on_auth(const Reply& reply, Actions& actions) {
  if (reply.intermediate()) {
    const auto challenge = base::decode_base64(reply.lines.front());
    const auto answer = challenge ? mechanism_->answer(*challenge) : std::nullopt;
    send_command((answer ? base::encode_base64(*answer) : "*") + "\r\n", Stage::auth, actions);
    return;
  }
  if (reply.positive()) {
    if (!mechanism_->complete()) {
      fail_protocol("the server did not prove that it knows the password", actions);
      return;
    }
    become_ready(actions);
    return;
  }
  if (reply.code == 504) { // this mechanism is not known after all
    refused_mechanisms_.emplace_back(mechanism_->name());
    if (choose_mechanism(capabilities_, settings_, tls_.used, refused_mechanisms_)) {
      begin_auth(actions);
      return;
    }
  }
  refuse_session(judge(reply, Stage::auth), actions);
}

void Dialogue::become_ready(Actions& actions) {
  mechanism_.reset();
  state_ = State::ready;
  actions.emplace_back(action::Ready{});
}

} // namespace tempfail::client
