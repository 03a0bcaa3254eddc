// A connection's input: what the client sends, and how it goes away.
#include "net/connection.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

namespace tempfail::net {

using session::effect::StartTls;

namespace {

/// Bytes kept of what a client says to a server that will never answer.
constexpr std::size_t kept_of_stalled = 4096;
/// Bytes a turn of what a client says after the server's end, which is all looked at at once.
constexpr std::size_t read_while_draining = 4096;

} // namespace

Connection::Connection(ServerContext& server, ServedPort& port, int fd, session::Peer peer,
                       std::uint64_t number)
    : server_(server), port_(port),
      session_(server.settings.make_session(port.prepared, *port.state, std::move(peer), number,
                                            port.router)),
      number_(number), fd_(fd) {
  ++port_.open_sessions;
}

Connection::~Connection() {
  if (remote_wait_ && remote_wait_->is_awaited) server_.forget(*this);
  remote_wait_.reset();
  if (state_ != State::closed) {
    if (state_ != State::draining) --port_.open_sessions;
    drop_held();
    if (throttling_) server_.clock.cancel(throttling_->timer);
    server_.clock.cancel(idle_timer_);
    ::close(fd_);
  }
}

void Connection::move_to(State next) {
  assert(may_follow(state_, next));
  state_ = next;
}

void Connection::await_input() {
  interest_ = EPOLLIN;
  server_.poller.add(fd_, interest_, *this);
}

void Connection::start() {
  ask_session([this](session::Effects& out) { session_->start(server_.clock.now(), out); }, [] {});
}

/// Makes a call to the session and takes its effects over. An exception is a defect of ours: it
/// ends this connection, and the journal says so.
template <typename Call>
void Connection::call_session(Call&& call) {
  server_.effects.clear();
  try {
    call(server_.effects);
    enqueue_effects(server_.effects);
  } catch (const std::exception& problem) {
    server_.note(number_, port_.number, std::string("internal error: ") + problem.what());
    reset();
  }
}

/// The same of a call that may ask the state, whose answer may have to be waited for. `after` comes when it is over.
template <typename Call, typename After>
void Connection::ask_session(Call call, After after) {
  if (!asks_remotely()) {
    call_session(call);
    after();
    return;
  }
  begin_remote_call([call](RemoteWait& it) { call(it.effects); },
                    [after](RemoteWait&) { after(); });
}

void Connection::ready(std::uint32_t events) {
  if (remote_wait_) { // the socket keeps what it has to tell
    update_interest();
    return;
  }
  // A step that begins TLS may wait for the end of this batch. The client's next bytes are for that step's reader.
  if (touched_ && is_in_session() && has_steps()) return;
  const bool has_turn = awaits_turn();
  turn_over_ = false;
  switch (state_) {
  case State::closed: return;
  case State::draining: drain_input(); return;
  case State::handshaking: continue_handshake(); return;
  case State::running:
  case State::awaiting_hello:
  case State::stalled: break;
  }
  if ((events & EPOLLOUT) != 0 && has_unsent()) {
    send_unsent();
    if (!is_in_session()) return;
    if (!has_unsent()) {
      server_.record({server_.clock.now(), number_, port_.number, journal::event::Sending{}});
      run_steps();
    }
    if (!is_in_session()) return;
  }
  if (state_ == State::awaiting_hello) {
    const StartTls* const start = std::get_if<StartTls>(&pending_->steps[pending_->next_step]);
    const bool ended = (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0;
    if (ended && start != nullptr)
      begin_handshake(*start); // which tells the session how far the client came
    else if ((events & (EPOLLERR | EPOLLHUP)) != 0)
      peer_gone(session::PeerEnd::reset);
    else if ((events & EPOLLRDHUP) != 0)
      peer_gone(session::PeerEnd::closed);
    else if ((events & EPOLLIN) != 0)
      run_steps();
    return;
  }
  if (has_turn) {
    next_turn();
    return;
  }
  if ((events & EPOLLIN) != 0 && (interest_ & EPOLLIN) != 0) {
    read_input();
  } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    peer_gone(session::PeerEnd::reset);
  } else if ((events & EPOLLRDHUP) != 0 && (interest_ & EPOLLRDHUP) != 0) {
    peer_gone(session::PeerEnd::closed);
  }
}

void Connection::read_input() {
  const IoResult result = read_socket(server_.read_buffer.data(), may_read());
  switch (result.status) {
  case IoStatus::done: has_read(result.size); break;
  case IoStatus::want_read:
  case IoStatus::want_write: return;
  case IoStatus::closed:
    said_all_ =
        has_said_quit() && state_ != State::stalled; // a server that stalls will never answer it
    if (said_all_)
      update_interest();
    else
      peer_gone(session::PeerEnd::closed);
    return;
  case IoStatus::failed: peer_gone(session::PeerEnd::reset); return;
  }
  std::string_view input(server_.read_buffer.data(), result.size);
  const Moment now = server_.clock.now();
  if (idle_after_.count() > 0) idle_deadline_ = now + idle_after_;
  const bool behind_others = pending_ && !pending_->input.empty();
  if (!behind_others && can_take_input()) offer(input, now);
  if (state_ == State::closed || input.empty()) return;
  if (state_ ==
      State::stalled) { // nobody will ever look at it, but for its beginning in the journal
    std::string& kept = pending().input;
    kept.append(input.substr(0, kept_of_stalled - std::min(kept.size(), kept_of_stalled)));
    return;
  }
  keep_input(input, now);
  if (!greeted_ && has_steps()) session_->input_before_greeting();
  if (behind_others) offer_held_input();
  if (state_ != State::closed) update_interest();
}

/// A client may pipeline its QUIT and close its side at once; it still reads, and is to be answered.
/// One that closes without QUIT has given up.
bool Connection::has_said_quit() const {
  constexpr std::string_view quit = "QUIT\r\n";
  if (!pending_ || pending_->input.size() < quit.size()) return false;
  const std::string_view end =
      std::string_view(pending_->input).substr(pending_->input.size() - quit.size());
  return base::equal_ignoring_case(end, quit);
}

bool Connection::can_take_input() const {
  return state_ == State::running && !remote_wait_ && !reading_stopped_ && !has_steps() &&
         !has_unsent();
}

/// Hands input to the session, once a turn: what it leaves waits until all others that are ready have had theirs.
void Connection::offer(std::string_view& input, Moment now, std::optional<Moment> arrived) {
  if (input.empty() || turn_over_ || !can_take_input()) return;
  if (asks_remotely()) return offer_remotely(input, now, arrived);
  const std::size_t before = input.size();
  call_session([&](session::Effects& out) { session_->receive(input, now, out, arrived); });
  turn_over_ = !input.empty() && (input.size() != before || !server_.effects.list.empty());
}

/// Input that was left by the last turn, and was not read on meanwhile.
void Connection::next_turn() {
  offer_held_input();
  if (state_ != State::closed) update_interest();
}

void Connection::offer_held_input() {
  if (turn_over_ || !pending_ || pending_->input.empty() || !can_take_input()) return;
  const std::string kept = std::exchange(pending_->input, {});
  const Moment since = pending_->input_since;
  std::string_view input(kept);
  offer(input, server_.clock.now(), since);
  if (state_ == State::closed || input.empty()) return;
  pending().input.insert(0, input);
  pending_->input_since = since;
}

/// Input that can't be looked at yet, and since when the client has been waiting with it.
void Connection::keep_input(std::string_view input, Moment now) {
  if (pending().input.empty()) pending_->input_since = now;
  pending_->input.append(input);
}

/// The end of effect::StopReading.
void Connection::may_read_again() {
  if (is_put_off([this] { may_read_again(); })) return;
  reading_stopped_ = false;
  turn_over_ = false;
  call_session(
      [this](session::Effects& out) { session_->reading_resumed(server_.clock.now(), out); });
  run_steps();
}

/// Draining: what the client still says can only be recorded, until its end.
void Connection::drain_input() {
  const IoResult result = read_socket(server_.read_buffer.data(), read_while_draining);
  if (result.status == IoStatus::closed || result.status == IoStatus::failed) close_now();
  if (result.status != IoStatus::done) return;
  record_late(std::string_view(server_.read_buffer.data(), result.size));
}

void Connection::record_late(std::string_view input) {
  if (input.empty()) return;
  call_session([&](session::Effects& out) { session_->receive(input, server_.clock.now(), out); });
}

void Connection::peer_gone(session::PeerEnd end) {
  if (state_ == State::closed || is_put_off([this, end] { peer_gone(end); })) return;
  if (state_ != State::draining) {
    record_held_end(end == session::PeerEnd::closed ? journal::event::EndedBy::client_closed
                                                    : journal::event::EndedBy::client_reset);
    if (pending_) { // what was to come never does: the end is recorded at once
      server_.clock.cancel(std::exchange(pending_->wait_timer, 0));
      pending_->steps.clear();
      pending_->next_step = 0;
    }
    const std::string pending = pending_ ? std::exchange(pending_->input, {}) : std::string();
    call_session([&](session::Effects& out) {
      session_->peer_ended(end, pending, server_.clock.now(), out);
    });
  }
  if (state_ != State::closed) close_now();
}

void Connection::continue_handshake() {
  const IoStatus status = tls_->handshake();
  if (tls_->is_limited() && (tls_->is_cut() || status == IoStatus::done)) {
    // As much as was to be sent is sent: no more TLS, but what the session said comes next.
    tls_.reset();
    move_to(State::running);
    handshake_wants_write_ = false;
    run_steps();
    return;
  }
  if (status == IoStatus::want_read || status == IoStatus::want_write) {
    handshake_wants_write_ = status == IoStatus::want_write;
    update_interest();
    return;
  }
  end_handshake(tls_->result(status == IoStatus::done));
}

void Connection::end_handshake(const session::TlsResult& result) {
  if (state_ != State::running) move_to(State::running);
  handshake_wants_write_ = false;
  if (!result.ok) tls_.reset();
  // What is recorded of it points into it, until that is written.
  const auto kept = std::make_shared<const session::TlsResult>(result);
  ask_session([this, kept](
                  session::Effects& out) { session_->tls_result(*kept, server_.clock.now(), out); },
              [this, kept] {
                if (is_in_session()) update_interest();
              });
}

void Connection::set_idle_timer(const session::effect::IdleTimer& idle) {
  idle_after_ = idle.after.value_or(Duration::zero());
  if (idle_after_.count() <= 0) {
    server_.clock.cancel(std::exchange(idle_timer_, 0));
    return;
  }
  idle_deadline_ = server_.clock.now() + idle_after_;
  // A timer that is due earlier sets itself anew when it fires: nothing to do for each command.
  if (idle_timer_ != 0 && idle_armed_ <= idle_deadline_) return;
  server_.clock.cancel(idle_timer_);
  idle_armed_ = idle_deadline_;
  idle_timer_ = server_.clock.schedule(idle_armed_, [this] { idle_timer_fired(); });
}

void Connection::idle_timer_fired() {
  idle_timer_ = 0;
  const Moment now = server_.clock.now();
  if (idle_after_.count() <= 0 || !is_active()) return;
  if (now < idle_deadline_) {
    idle_armed_ = idle_deadline_;
    idle_timer_ = server_.clock.schedule(idle_armed_, [this] { idle_timer_fired(); });
  } else if (state_ == State::handshaking || state_ == State::awaiting_hello || has_unsent()) {
    // It neither goes on with the handshake nor takes our output: as good as gone.
    peer_gone(session::PeerEnd::reset);
  } else if (has_steps() || remote_wait_ || state_ == State::stalled || reading_stopped_) {
    set_idle_timer({idle_after_}); // it is the server that lets the client wait
  } else {
    ask_session([this, now](session::Effects& out) { session_->idle_timeout(now, out); }, [] {});
  }
}

void Connection::shut_down() {
  if (!is_active() || is_put_off([this] { shut_down(); })) return;
  const bool in_handshake = state_ == State::handshaking || state_ == State::awaiting_hello;
  record_held_end(journal::event::EndedBy::server_stop);
  if (pending_) {
    server_.clock.cancel(std::exchange(pending_->wait_timer, 0));
    pending_->steps.clear();
    pending_->next_step = 0;
    pending_->input.clear();
  }
  if (state_ == State::stalled || state_ == State::awaiting_hello) move_to(State::running);
  call_session([this](session::Effects& out) { session_->shut_down(server_.clock.now(), out); });
  if (!in_handshake || state_ == State::closed) return;
  // No plain text into a handshake: the journal is told, the client sees the end.
  output_end_ = output_begin_;
  tls_.reset();
  if (state_ == State::handshaking) move_to(State::running);
}

} // namespace tempfail::net
