// Calls to a session whose questions go to a remote store, and events that a remote journal has to keep: each may
// have to wait, and the connection with it.
#include "net/connection.hpp"

#include <exception>
#include <utility>

namespace tempfail::net {

void Connection::begin_remote_call(std::function<void(RemoteWait&)> work,
                                   std::function<void(RemoteWait&)> after, std::string input,
                                   Moment since) {
  remote_wait_ = std::make_unique<RemoteWait>();
  RemoteWait& it = *remote_wait_;
  it.call = server_.settings.stores->make_call();
  it.after = std::move(after);
  it.input = std::move(input);
  it.rest = it.input;
  it.since = since;
  const auto guarded = [&it, work = std::move(work)] {
    try {
      work(it);
    } catch (const std::exception& problem) {
      it.defect = problem.what();
    }
  };
  if (it.call->run(guarded, [this] { end_remote_call(true); })) end_remote_call(false);
}

/// Takes the effects over, and does what came meanwhile.
void Connection::end_remote_call(bool has_waited) {
  const std::unique_ptr<RemoteWait> it = std::move(remote_wait_);
  if (!it->defect.empty()) {
    server_.note(number_, port_.number, "internal error: " + it->defect);
    reset();
    return;
  }
  enqueue_effects(it->effects);
  it->after(*it);
  for (const std::function<void()>& what : it->later)
    what();
  if (!has_waited || !is_active()) return;
  server_.await_commit(*this);
  update_interest();
}

void Connection::offer_remotely(std::string_view& input, Moment now,
                                std::optional<Moment> arrived) {
  begin_remote_call([this, now, arrived](
                        RemoteWait& it) { session_->receive(it.rest, now, it.effects, arrived); },
                    [this](RemoteWait& it) { keep_rest(it); },
                    std::string(std::exchange(input, {})), arrived.value_or(now));
}

/// What the session has left of its input comes before all that has come since.
void Connection::keep_rest(RemoteWait& wait) {
  turn_over_ =
      !wait.rest.empty() && (wait.rest.size() != wait.input.size() || !wait.effects.list.empty());
  if (wait.rest.empty() || !is_active()) return;
  pending().input.insert(0, wait.rest);
  pending_->input_since = wait.since;
  if (!greeted_ && has_steps()) session_->input_before_greeting();
  update_interest();
}

/// From here on nothing else is done on this connection until the journal is kept, or the connection is closed.
void Connection::promise(const journal::Event& event) {
  const bool accepts = std::holds_alternative<journal::event::Accepted>(event.body);
  if (!accepts && !std::holds_alternative<journal::event::Disconnect>(event.body)) return;
  if (!remote_wait_) remote_wait_ = std::make_unique<RemoteWait>();
  remote_wait_->accepted += accepts ? 1 : 0;
}

void Connection::hold_output() {
  RemoteWait& waiting = *remote_wait_;
  waiting.output.append(server_.batch(), output_begin_, output_end_ - output_begin_);
  output_begin_ = output_end_ = 0;
  if (!std::exchange(waiting.is_awaited, true)) server_.await_journal(*this);
}

void Connection::journal_kept(bool kept) {
  const std::unique_ptr<RemoteWait> it = std::move(remote_wait_);
  if (!kept && it->accepted != 0) return break_promise(*it);
  if (!it->output.empty()) send(it->output);
  if (goes_on_after_output()) run_steps();
  for (const std::function<void()>& what : it->later)
    if (state_ != State::closed) what();
  update_interest();
}

/// The client is told nothing of what was accepted: it loses its connection.
void Connection::break_promise(const RemoteWait& broken) {
  server_.totals.messages_accepted -= broken.accepted;
  const Moment now = server_.clock.now();
  if (!broken.output.empty())
    server_.record({now, number_, port_.number, journal::event::Sending{broken.output.size()}});
  const bool had_ended = session_->ended();
  server_.effects.clear();
  session_->peer_ended(session::PeerEnd::reset, {}, now, server_.effects);
  for (session::Effect& effect : server_.effects.list) {
    auto* const recorded = std::get_if<session::effect::Record>(&effect);
    if (recorded == nullptr) continue;
    if (auto* const end = std::get_if<journal::event::Disconnect>(&recorded->event.body)) {
      end->by = journal::event::EndedBy::store_lost;
      end->reset = true;
    }
    server_.record(recorded->event);
  }
  if (had_ended) record_lost_end(now);
  reset();
}

/// A session that was over before its replies could leave, by a pipelined QUIT or by its rules, has not ended so.
void Connection::record_lost_end(Moment now) {
  using journal::event::EndedBy;
  if (record_held_end(EndedBy::store_lost, true)) return;
  journal::event::Disconnect end{EndedBy::store_lost, scenario::Stage::message, 0, {}, true, 0};
  end.instead = true;
  server_.record({now, number_, port_.number, end});
}

bool Connection::is_put_off(std::function<void()> what) {
  if (!remote_wait_) return false;
  remote_wait_->later.push_back(std::move(what));
  return true;
}

} // namespace tempfail::net
