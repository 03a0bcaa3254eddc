// A connection's effects, performed in order. Nothing here knows why they were asked for.
#include "net/connection.hpp"

#include "net/content_moment.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <type_traits>
#include <utility>

#include <sys/socket.h>

namespace tempfail::net {

using namespace session::effect;

/// Records what is to be recorded and gathers output at once; all else becomes a step, to be taken
/// when the journal is written and the output before it is sent.
void Connection::enqueue_effects(session::Effects& effects) {
  if (effects.list.empty()) return;
  move_after_content(effects, server_.clock);
  for (const session::Effect& effect : effects.list) {
    std::visit(
        [&](const auto& it) {
          using Kind = std::decay_t<decltype(it)>;
          if constexpr (std::is_same_v<Kind, Record>) {
            if (!is_active() || !has_steps())
              record(it.event);
            else // behind a wait: it has not happened yet
              pending().steps.emplace_back(std::make_unique<journal::OwnedEvent>(it.event));
          } else if constexpr (std::is_same_v<Kind, Forward>) {
            if (server_.on_forward) server_.on_forward(std::move(effects.mails[it.index]));
          } else if constexpr (std::is_same_v<Kind, Keep>) {
            session::AcceptedMail& mail = effects.mails[it.index];
            if (!is_active() || !has_steps())
              keep(std::move(mail));
            else
              pending().steps.emplace_back(
                  std::make_unique<session::AcceptedMail>(std::move(mail)));
          } else if (!is_active()) {
            return; // the connection is at its end: there is only something to record
          } else if constexpr (std::is_same_v<Kind, Write>) {
            const auto bytes = std::string_view(effects.bytes).substr(it.begin, it.end - it.begin);
            if (!has_steps()) {
              append_output(bytes);
            } else {
              const auto begin = static_cast<std::uint32_t>(pending().bytes.size());
              pending_->bytes.append(bytes);
              pending_->steps.emplace_back(Write{begin, begin + (it.end - it.begin)});
            }
          } else if constexpr (std::is_same_v<Kind, Drip>) {
            const auto begin = static_cast<std::uint32_t>(pending().bytes.size());
            pending_->bytes.append(effects.bytes, it.begin, it.end - it.begin);
            pending_->steps.emplace_back(
                Drip{begin, begin + (it.end - it.begin), std::max(it.piece, 1U), it.every});
          } else if constexpr (std::is_same_v<Kind, IdleTimer>) {
            if (has_steps())
              pending_->steps.emplace_back(it);
            else
              set_idle_timer(it);
          } else if constexpr (std::is_same_v<Kind, Close>) {
            client_is_done_ = it.client_is_done;
            if (has_steps())
              pending_->steps.emplace_back(it);
            else
              closing_ = true; // once the output is sent, which takes no memory
          } else {
            pending().steps.emplace_back(it);
          }
        },
        effect);
  }
  if (is_active()) server_.await_commit(*this);
}

void Connection::record(const journal::Event& event) {
  server_.record(event);
  if (server_.settings.receipts != nullptr && is_active()) promise(event);
}

/// Puts bytes behind this connection's others in the batch's buffer.
void Connection::append_output(std::string_view bytes) {
  if (half_closed_) return;
  note_output(bytes);
  std::string& batch = server_.batch();
  if (output_begin_ == output_end_) {
    output_begin_ = static_cast<std::uint32_t>(batch.size());
  } else if (output_end_ != batch.size()) {
    const auto moved = static_cast<std::uint32_t>(batch.size());
    const std::size_t size = output_end_ - output_begin_;
    batch.reserve(batch.size() + size + bytes.size());
    batch.append(batch, output_begin_, size);
    output_begin_ = moved;
  }
  batch.append(bytes);
  output_end_ = static_cast<std::uint32_t>(batch.size());
}

void Connection::commit() {
  if (state_ == State::closed) return;
  if (remote_wait_ && !remote_wait_->call) return hold_output();
  if (output_begin_ != output_end_) {
    const auto bytes =
        std::string_view(server_.batch()).substr(output_begin_, output_end_ - output_begin_);
    output_begin_ = output_end_ = 0;
    send(bytes);
    if (state_ == State::closed) return;
  }
  if (goes_on_after_output()) run_steps();
}

/// Takes steps until one must be waited for; then looks at the input that came meanwhile. A touched
/// connection has something in the journal's buffer: its steps wait for commit().
void Connection::run_steps() {
  if (remote_wait_) return; // which is followed by this
  while (has_steps() && pending_->wait_timer == 0 && is_in_session() && !has_unsent() &&
         !touched_) {
    PendingEffect& step = pending_->steps[pending_->next_step];
    const bool done = perform(step);
    if (!is_active()) return;
    if (done)
      ++pending_->next_step;
    else if (state_ == State::awaiting_hello)
      break; // its next bytes come back here
  }
  if (!has_steps() && !has_unsent() && state_ == State::running && !touched_) {
    if (closing_ || session_->ended()) {
      begin_close();
      return;
    }
    release_held();
    offer_held_input();
  }
  if (state_ != State::closed) update_interest();
}

bool Connection::perform(PendingEffect& step) {
  return std::visit([this](auto& it) { return perform(it); }, step);
}

bool Connection::perform(const Write& write) {
  const std::string_view bytes =
      std::string_view(pending_->bytes).substr(write.begin, write.end - write.begin);
  note_output(bytes);
  send(bytes);
  return true;
}

/// Whether the client could have read a whole reply yet: its last line has no hyphen behind the code.
void Connection::note_output(std::string_view bytes) {
  if (greeted_ || bytes.empty()) return;
  const std::size_t before = bytes.substr(0, bytes.size() - 1).rfind('\n');
  const std::string_view last = bytes.substr(before == std::string_view::npos ? 0 : before + 1);
  greeted_ = last.size() < 4 || last[3] != '-';
}

/// One piece; the step stays in front until the last one is sent.
bool Connection::perform(Drip& drip) {
  const std::uint32_t size = std::min(drip.piece, drip.end - drip.begin);
  const std::uint32_t begin = std::exchange(drip.begin, drip.begin + size);
  const bool last = drip.begin == drip.end;
  if (last) note_output(pending_->bytes);
  const Duration every = drip.every;
  send(std::string_view(pending_->bytes).substr(begin, size));
  if (state_ == State::closed || last) return true;
  if (every.count() > 0) continue_after(every);
  return false;
}

bool Connection::perform(const Wait& wait) {
  if (wait.duration.count() <= 0) return true;
  const Duration duration = wait.duration;
  ++pending_->next_step;
  continue_after(duration);
  return false;
}

bool Connection::perform(const Stall&) {
  move_to(State::stalled);
  pending_->steps.clear();
  pending_->next_step = 0;
  release_held();
  return false;
}

bool Connection::perform(const StopReading& stop) {
  reading_stopped_ = true;
  if (stop.duration) {
    const Moment until = server_.clock.now() + *stop.duration;
    server_.clock.cancel(pending_->reading_timer);
    pending_->reading_timer = server_.clock.schedule(until, [this] {
      pending_->reading_timer = 0;
      may_read_again();
    });
  }
  return true;
}

bool Connection::perform(const Close&) {
  begin_close();
  return true;
}

bool Connection::perform(const Reset&) {
  reset();
  return true;
}

bool Connection::perform(const HalfClose&) {
  finish_output();
  half_closed_ = true;
  return true;
}

/// OpenSSL takes some 50 KB for a handshake: it gets them when the client's first record is there.
bool Connection::perform(const StartTls& start_tls) {
  switch (look_at_hello()) {
  case Hello::partial: return false;
  case Hello::failed: { // OpenSSL would find no more of it
    session::TlsResult result;
    result.problem = "client reset the connection";
    ++pending_->next_step;
    end_handshake(result);
    return false;
  }
  case Hello::closed:
  case Hello::whole: break;
  }
  begin_handshake(start_tls);
  return false;
}

void Connection::begin_handshake(const StartTls& start_tls) {
  // What came in clear text behind the command must not be taken for what the client says inside
  // TLS (RFC 3207 section 4.2).
  pending_->input.clear();
  if (!port_.tls) { // a scenario of the shared port that alone has TLS
    server_.note(number_, port_.number, "no TLS on this port");
    reset();
    return;
  }
  try {
    tls_ = std::make_unique<TlsStream>(port_.tls->context(), fd_, start_tls.cut_after);
  } catch (const std::exception& problem) {
    server_.note(number_, port_.number, std::string("no TLS: ") + problem.what());
    reset();
    return;
  }
  ++pending_->next_step;
  move_to(State::handshaking);
  continue_handshake();
}

bool Connection::perform(const AwaitHello&) {
  pending_->input.clear(); // sent in the clear behind STARTTLS: see StartTls
  switch (look_at_hello()) {
  case Hello::partial: return false;
  case Hello::whole: return true;
  case Hello::closed: peer_gone(session::PeerEnd::closed); return false;
  case Hello::failed: peer_gone(session::PeerEnd::reset); return false;
  }
  return false;
}

/// Looks at the client's first record without taking it: TLS, when it comes to that, reads it anew.
Connection::Hello Connection::look_at_hello() {
  constexpr std::size_t header_size = 5;
  constexpr unsigned char handshake_record = 22;
  constexpr std::size_t longest_record = header_size + (std::size_t{1} << 14U);
  std::string& buffer = server_.peek_buffer;
  buffer.resize(longest_record);
  const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), MSG_PEEK);
  if (count == 0) return Hello::closed;
  if (count < 0 && errno != EAGAIN && errno != EINTR) return Hello::failed;
  const auto seen = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(buffer[at]); };
  std::size_t wanted = header_size;
  if (seen > 0 && octet(0) != handshake_record)
    wanted = 1;
  else if (seen >= header_size)
    wanted = std::min(header_size + octet(3) * 256U + octet(4), longest_record);
  const State next = seen < wanted ? State::awaiting_hello : State::running;
  if (state_ != next) move_to(next);
  // Until it is whole the socket has nothing to tell, but for the client's end.
  const auto low_water =
      seen < wanted && seen > 0 ? static_cast<std::uint16_t>(wanted) : std::uint16_t{1};
  if (low_water != std::exchange(receive_low_water_, low_water)) {
    const int value = low_water;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
  }
  return seen < wanted ? Hello::partial : Hello::whole;
}

bool Connection::perform(const Throttle& throttle) {
  if (throttling_) server_.clock.cancel(throttling_->timer);
  throttling_ = std::make_unique<Throttling>(Throttling{throttle, throttle.bytes, 0});
  return true;
}

bool Connection::perform(const IdleTimer& idle) {
  set_idle_timer(idle);
  return true;
}

bool Connection::perform(KeepLater& mail) {
  keep(std::move(*mail));
  return true;
}

void Connection::keep(session::AcceptedMail mail) const {
  if (server_.on_accepted) server_.on_accepted(std::move(mail));
}

bool Connection::perform(const RecordLater& event) {
  record(event->at(server_.clock.now()));
  server_.await_commit(*this); // the client sees what comes next when this is written
  return true;
}

/// The end that was to be recorded after a wait, which is cut short: by whom. What else was to come never did.
/// False: no end was to come.
bool Connection::record_held_end(std::optional<journal::event::EndedBy> by, bool reset) {
  if (!pending_) return false;
  for (std::size_t i = pending_->next_step; i < pending_->steps.size(); ++i) {
    auto* const later = std::get_if<RecordLater>(&pending_->steps[i]);
    if (later == nullptr) continue;
    auto* const end = std::get_if<journal::event::Disconnect>(&(*later)->event().body);
    if (end == nullptr) continue;
    end->by = by.value_or(end->by);
    end->reset = reset;
    const RecordLater event = std::move(*later);
    pending_->steps.erase(pending_->steps.begin() + static_cast<std::ptrdiff_t>(i));
    perform(event);
    return true;
  }
  return false;
}

void Connection::continue_after(Duration duration) {
  pending_->wait_timer = server_.clock.schedule(server_.clock.now() + duration, [this] {
    pending_->wait_timer = 0;
    turn_over_ = false;
    run_steps();
  });
}

} // namespace tempfail::net
