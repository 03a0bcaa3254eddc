// One connection of a try: from the pool's lease to the decision whether the next host is asked.
#include "client/delivery/attempt.hpp"

#include "client/protocol/judgement.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tempfail::client {
namespace {

std::string random_nonce() {
  std::array<unsigned char, 18> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::string nonce;
  for (const unsigned char byte : bytes) {
    nonce += "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[byte & 63U];
  }
  return nonce;
}

/// "Too many connections", "too fast", "overloaded": fewer connections would help.
bool is_congestion(const Settlement& settlement) {
  if (!settlement.replied || settlement.fate != Fate::transient) {
    return false;
  }
  const Status& status = settlement.status;
  const bool early = settlement.stage < Stage::rcpt || settlement.stage == Stage::idle;
  return settlement.code == 421 || status == Status{4, 3, 2} || status == Status{4, 4, 5} ||
         (early && status.subject == 7);
}

} // namespace

void Attempt::connect(const Candidate& candidate) {
  candidate_ = candidate;
  const std::string peer = with_port(candidate.address, settings_.next_hop.port);
  if (parts_.options.may_try && !parts_.options.may_try(peer)) {
    RecipientResult result = result_of(conclude(Fate::transient, Failure::host_off, Stage::connect,
                                                peer + " is suspended after failures"));
    result.host = candidate.host;
    result.address = peer;
    report_.tries.push_back({.host = candidate.host,
                             .address = peer,
                             .failure = Failure::host_off,
                             .text = result.text});
    note_all_open(result);
    next_candidate();
    return;
  }
  SessionSettings session = {.helo_name = settings_.helo_name,
                             .tls = candidate.tls,
                             .implicit_tls = settings_.next_hop.implicit_tls,
                             .credentials = settings_.credentials,
                             .time_outs = settings_.time_outs,
                             .pipelining = settings_.pipelining,
                             .chunking = settings_.chunking,
                             .nonce = random_nonce()};
  Endpoint endpoint = {.address = candidate.address,
                       .port = settings_.next_hop.port,
                       .host = candidate.host,
                       .source_address = settings_.source_address};
  Trace trace;
  if (parts_.options.trace) {
    trace = [show = parts_.options.trace, peer](char direction, std::string_view line) {
      show(peer, direction, line);
    };
  }
  const std::string destination =
      peer + '|' + candidate.host + '|' + std::to_string(static_cast<int>(candidate.tls)) + '|' +
      (session.implicit_tls ? "implicit" : "") + '|' + session.credentials.user + '|' +
      session.helo_name + '|' + endpoint.source_address + '|' + (session.pipelining ? "p" : "") +
      (session.chunking ? "c" : "");
  auto make = [parts = parts_, endpoint, session, trace] {
    return make_session(parts.context, parts.tls, endpoint, session, parts.options.time_scale,
                        trace);
  };
  parts_.pool.acquire(destination, candidate.fresh, std::move(make),
                      [self = shared_from_this(), candidate](const Lease& lease) {
                        self->on_lease(candidate, lease);
                      });
}

void Attempt::on_lease(const Candidate& candidate, Lease lease) {
  candidate_ = candidate;
  lease_ = std::move(lease);
  session_began_ = false;
  all_well_ = true;
  congested_ = false;
  broken_.reset();
  asked_.clear();
  host_started_ = std::chrono::steady_clock::now();
  const auto self = shared_from_this();
  SessionEvents events;
  events.ready = [self] { self->on_ready(); };
  events.failed = [self](const Settlement& settlement) { self->on_session_failed(settlement); };
  events.committing = [self](const std::vector<std::size_t>& indexes) {
    std::vector<std::size_t> recipients;
    for (const std::size_t index : indexes) {
      recipients.push_back(self->batch_[index]);
    }
    return !self->callbacks_.committing ||
           self->callbacks_.committing(recipients, self->candidate_.host);
  };
  events.settled = [self](std::size_t index, const Settlement& settlement) {
    self->on_settled(index, settlement);
  };
  events.done = [self](const action::TransactionDone& done) { self->on_done(done); };
  lease_.session->set_events(std::move(events));
  if (!lease_.reused) {
    lease_.session->open();
  } else if (lease_.session->ready()) {
    on_ready();
  } else {
    on_done({.reusable = false, .nothing_heard = true});
  }
}

void Attempt::on_ready() {
  if (!session_began_) {
    session_began_ = true;
    report_host(Failure::none);
  }
  begin_batch();
}

/// Begins a transaction for the recipients that were not asked for on this host yet, or leaves it.
void Attempt::begin_batch() {
  batch_.clear();
  std::vector<Recipient> list;
  const std::size_t most = std::max(1U, settings_.max_recipients_per_message);
  for (const std::size_t recipient : open_recipients()) {
    if (batch_.size() < most &&
        std::find(asked_.begin(), asked_.end(), recipient) == asked_.end()) {
      batch_.push_back(recipient);
      list.push_back(recipients_[recipient]);
    }
  }
  if (batch_.empty()) {
    end_host_try(Failure::none, Stage::message, "");
    leave_session(all_well_);
    return;
  }
  asked_.insert(asked_.end(), batch_.begin(), batch_.end());
  lease_.session->begin(message_, std::move(list));
}

void Attempt::on_session_failed(const Settlement& settlement) {
  if (session_began_) {
    broken_ = settlement; // between two messages: on_done() comes when the next one is begun
    return;
  }
  session_began_ = true;
  congested_ |= is_congestion(settlement);
  report_host(settlement.failure);
  end_host_try(settlement.failure, settlement.stage, settlement.text);
  RecipientResult result = result_of(settlement);
  if (needs_tls() && settlement.failure == Failure::tls) {
    result.fate = Fate::
        permanent; // if no other host has TLS, the message is returned (RFC 8689 section 4.2.1)
    result.status = encryption_needed;
  }
  result.host = candidate_.host;
  result.address = with_port(candidate_.address, settings_.next_hop.port);
  result.tls = lease_.session->tls();
  if (falls_back_to_clear(settlement)) {
    Candidate again = candidate_;
    again.tls = TlsMode::never;
    candidates_.push_front(again);
    --addresses_tried_;
  }
  note_all_open(result);
  leave_session(false);
}

/// RFC 7435: where TLS is not insisted on, a handshake that fails is followed by a session without.
bool Attempt::falls_back_to_clear(const Settlement& settlement) const {
  return candidate_.tls == TlsMode::opportunistic && !settings_.next_hop.implicit_tls &&
         (settlement.failure == Failure::tls || settlement.stage == Stage::handshake ||
          (settlement.stage == Stage::starttls && !settlement.replied));
}

void Attempt::on_settled(std::size_t index, const Settlement& settlement) {
  const std::size_t recipient = batch_[index];
  congested_ |= is_congestion(settlement);
  all_well_ &= settlement.fate == Fate::delivered;
  RecipientResult result = result_of(settlement);
  result.host = candidate_.host;
  result.address = with_port(candidate_.address, settings_.next_hop.port);
  result.tls = lease_.session->tls();
  // A message that may have arrived must not go to another host at once: that would make the copy certain.
  const bool here = settlement.failure == Failure::local || settlement.in_doubt;
  // Another host may offer REQUIRETLS.
  const bool may_go_on = settlement.fate == Fate::transient ||
                         (!settlement.replied && settlement.status == requiretls_needed);
  const bool elsewhere = !here && may_go_on && (!settlement.replied || settings_.next_host_on_4yz);
  if (elsewhere) {
    note(recipient, result);
  } else {
    settle(recipient, result);
  }
}

void Attempt::on_done(const action::TransactionDone& done) {
  const bool went_before = lease_.reused || asked_.size() > batch_.size();
  if (done.nothing_heard && went_before) {
    // The kept connection was dead before the message began: that was no try at all.
    report_.tries.push_back({.host = candidate_.host,
                             .address = with_port(candidate_.address, settings_.next_hop.port),
                             .failure = Failure::dropped,
                             .stage = Stage::idle,
                             .text = "a kept connection was dead",
                             .reused = true,
                             .dead_reused_connection = true});
    for (const std::size_t recipient : batch_) {
      noted_[recipient].reset();
    }
    Candidate again = candidate_;
    again.fresh = true;
    candidates_.push_front(again);
    --addresses_tried_;
    leave_session(false);
    return;
  }
  if (done.reusable) {
    begin_batch();
    return;
  }
  if (broken_) {
    for (const std::size_t index : std::vector<std::size_t>(batch_)) {
      if (!settled_[index]) {
        note(index, result_of(*broken_));
      }
    }
  }
  const auto& last = batch_.empty() ? std::optional<RecipientResult>() : noted_[batch_.front()];
  end_host_try(last && !last->replied ? last->failure : Failure::none,
               last ? last->stage : Stage::message, last ? last->text : "");
  leave_session(false);
}

void Attempt::end_host_try(Failure failure, Stage stage, const std::string& text) {
  report_.tries.push_back({.host = candidate_.host,
                           .address = with_port(candidate_.address, settings_.next_hop.port),
                           .failure = failure,
                           .stage = stage,
                           .text = text,
                           .reused = lease_.reused,
                           .duration = std::chrono::duration_cast<std::chrono::microseconds>(
                               std::chrono::steady_clock::now() - host_started_)});
  if (congested_) {
    parts_.pool.lower_limit(lease_.destination);
  } else if (failure == Failure::none && all_well_) {
    parts_.pool.raise_limit(lease_.destination);
  }
}

void Attempt::report_host(Failure failure) {
  if (parts_.options.tried) {
    parts_.options.tried(with_port(candidate_.address, settings_.next_hop.port), failure);
  }
}

/// Gives the connection back and goes on to the next host, if anybody still needs one.
void Attempt::leave_session(bool keep) {
  ++addresses_tried_;
  batch_.clear();
  Lease lease = std::exchange(lease_, {});
  parts_.pool.release(std::move(lease), keep);
  next_candidate();
}

} // namespace tempfail::client
