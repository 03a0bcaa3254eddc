// A connection's socket: bytes in and out, plain or TLS, and its end.
#include "net/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tempfail::net {

namespace {

IoStatus status_of(int error, IoStatus when_blocked) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR ? when_blocked
                                                                   : IoStatus::failed;
}

} // namespace

IoResult Connection::read_socket(char* data, std::size_t capacity) {
  if (tls_) return tls_->read(data, capacity);
  const ssize_t count = ::recv(fd_, data, capacity, 0);
  if (count > 0) return {IoStatus::done, static_cast<std::size_t>(count)};
  if (count == 0) return {IoStatus::closed, 0};
  return {status_of(errno, IoStatus::want_read), 0};
}

IoResult Connection::write_socket(std::string_view bytes) {
  if (tls_) return tls_->write(bytes);
  const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) return {IoStatus::done, static_cast<std::size_t>(count)};
  return {status_of(errno, IoStatus::want_write), 0};
}

/// Sends; what the socket does not take is kept, and nothing else happens on this connection until
/// it does.
void Connection::send(std::string_view bytes) {
  if (half_closed_) return;
  while (!bytes.empty() && !has_unsent()) {
    const IoResult result = write_socket(bytes);
    if (result.status == IoStatus::done) {
      bytes.remove_prefix(result.size);
    } else if (result.status == IoStatus::want_write || result.status == IoStatus::want_read) {
      break;
    } else {
      peer_gone(session::PeerEnd::reset);
      return;
    }
  }
  if (bytes.empty()) return;
  pending().unsent.append(bytes);
  server_.record(
      {server_.clock.now(), number_, port_.number, journal::event::Sending{bytes.size()}});
  update_interest();
}

void Connection::send_unsent() {
  while (has_unsent()) {
    const IoResult result =
        write_socket(std::string_view(pending_->unsent).substr(pending_->unsent_from));
    if (result.status == IoStatus::done) {
      pending_->unsent_from += result.size;
    } else if (result.status == IoStatus::want_write || result.status == IoStatus::want_read) {
      return;
    } else {
      peer_gone(session::PeerEnd::reset);
      return;
    }
  }
  pending_->unsent = {};
  pending_->unsent_from = 0;
}

/// How many bytes may be read now.
std::size_t Connection::may_read() const {
  if (!throttling_) return server_.read_buffer.size();
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(throttling_->left, server_.read_buffer.size()));
}

/// Counts what was read; at the end of the allowance the socket is left alone for a while.
void Connection::has_read(std::size_t size) {
  if (!throttling_) return;
  throttling_->left -= size;
  if (throttling_->left > 0) return;
  const Moment next = server_.clock.now() + throttling_->limit.per;
  throttling_->timer = server_.clock.schedule(next, [this] { end_pause(); });
  update_interest();
}

void Connection::end_pause() {
  throttling_->timer = 0;
  throttling_->left = throttling_->limit.bytes;
  update_interest();
  // What OpenSSL has already taken off the socket, the poller knows nothing of.
  if (is_in_session() && tls_ && tls_->has_pending() && !is_put_off([this] { read_input(); }))
    read_input();
}

/// The server's FIN, after all output.
void Connection::finish_output() {
  if (half_closed_) return;
  if (tls_ && port_.tls->says_close_notify()) tls_->close_notify();
  ::shutdown(fd_, SHUT_WR);
}

/// Behind its QUIT a client says nothing: the FIN of close() serves it as well.
bool Connection::may_close_at_once() const {
  int unread = 0;
  return client_is_done_ && !tls_ && (!pending_ || pending_->input.empty()) &&
         ::ioctl(fd_, FIONREAD, &unread) == 0 && unread == 0;
}

/// FIN, then wait for the client's: close() with unread input would send RST.
void Connection::begin_close() {
  if (may_close_at_once()) {
    close_now();
    return;
  }
  finish_output();
  --port_.open_sessions;
  server_.clock.cancel(std::exchange(idle_timer_, 0));
  move_to(State::draining);
  server_.begin_drain(*this);
  update_interest();
  const std::string late = pending_ ? std::exchange(pending_->input, {}) : std::string();
  drop_held();
  record_late(late);
}

void Connection::reset() {
  if (state_ == State::closed) return;
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close_now();
}

void Connection::close_now() {
  if (state_ == State::closed) return;
  if (remote_wait_ && remote_wait_->is_awaited) server_.forget(*this);
  remote_wait_.reset();
  if (state_ != State::draining) --port_.open_sessions;
  server_.clock.cancel(std::exchange(idle_timer_, 0));
  record_held_end(std::nullopt);
  drop_held();
  if (throttling_) server_.clock.cancel(throttling_->timer);
  throttling_.reset();
  move_to(State::closed);
  tls_.reset();
  ::close(std::exchange(fd_, -1));
  server_.retire(*this);
}

void Connection::update_interest() {
  constexpr auto once = static_cast<std::uint32_t>(EPOLLET);
  std::uint32_t wanted = 0;
  switch (state_) {
  case State::closed: return;
  case State::draining: wanted = EPOLLIN; break;
  case State::handshaking:
    wanted = EPOLLIN | (handshake_wants_write_ ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
    break;
  case State::running:
  case State::awaiting_hello:
  case State::stalled:
    if (remote_wait_) {
      wanted = once; // an error or the end is told once, and again after the call
    } else if (has_unsent() || awaits_turn()) {
      wanted = EPOLLOUT;
    } else if (said_all_) {
      wanted = 0; // an error is told all the same
    } else if (state_ == State::awaiting_hello) {
      wanted = EPOLLIN | EPOLLRDHUP;
    } else if (may_read() == 0) {
      wanted = 0; // the rest, or the client's end, is read in a moment
    } else if (reading_stopped_ ||
               (pending_ && pending_->input.size() >= server_.settings.kept_input)) {
      wanted = EPOLLRDHUP; // reads nothing, but notices the client's end
    } else {
      wanted = EPOLLIN;
    }
    break;
  }
  if (wanted == interest_) return;
  interest_ = wanted;
  server_.poller.change(fd_, wanted, *this);
}

Connection::PendingWork& Connection::pending() {
  if (!pending_) pending_ = std::make_unique<PendingWork>();
  return *pending_;
}

/// Gives back what is no longer needed once all steps are taken.
void Connection::release_held() {
  if (!pending_) return;
  if (pending_->input.empty() && !has_unsent() && pending_->reading_timer == 0) {
    pending_.reset();
    return;
  }
  pending_->steps = std::vector<PendingEffect>();
  pending_->next_step = 0;
  pending_->bytes = {};
}

/// The end of all waiting.
void Connection::drop_held() {
  if (!pending_) return;
  server_.clock.cancel(pending_->wait_timer);
  server_.clock.cancel(pending_->reading_timer);
  pending_.reset();
}

} // namespace tempfail::net
