// The dialogue of a load: nothing but what a message needs, in as few system calls as will do.
#include "client/load/connection.hpp"

#include "base/ascii.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tempfail::client {
namespace {

constexpr std::size_t large_body =
    16 * 1024; ///< above it the socket's usual buffer may be too small

/// "452 4.3.1": the code, and the enhanced status where there is one.
std::string error_name(const ScannedReply& reply) {
  const std::string_view text = reply.text;
  const std::string_view word = text.substr(0, text.find(' '));
  const bool status =
      word.size() >= 5 && word[1] == '.' && word.find('.', 2) != std::string_view::npos;
  return std::to_string(reply.code) + (status ? ' ' + std::string(word) : "");
}

std::string lower_error(int number) {
  std::string text = std::strerror(number);
  text.front() = base::lower(text.front());
  return text;
}

} // namespace

LoadConnection::~LoadConnection() {
  if (socket_ >= 0) {
    close(socket_);
  }
}

bool LoadConnection::session_full() const {
  return plan_.options.messages_per_session != 0 && messages_ >= plan_.options.messages_per_session;
}

bool LoadConnection::take() {
  if (!ledger_.take(number_, due_)) {
    return false;
  }
  has_message_ = true;
  return true;
}

bool LoadConnection::begin() {
  if (!take()) {
    return false;
  }
  if (state_ == State::none) {
    open();
  } else {
    start_message();
  }
  return true;
}

void LoadConnection::open() {
  last_heard_ = std::chrono::steady_clock::now();
  state_ = State::connecting;
  socket_ = socket(plan_.peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) {
    fail_connection(lower_error(errno));
    return;
  }
  const int one = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (plan_.body.size() > large_body) { // so that one system call takes all of it
    const int room =
        static_cast<int>(std::min<std::size_t>(plan_.body.size() + large_body, 1U << 30U));
    setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  }
  const int result =
      connect(socket_, reinterpret_cast<const sockaddr*>(&plan_.peer), plan_.peer_bytes);
  if (result != 0 && errno != EINPROGRESS) {
    fail_connection(lower_error(errno));
    return;
  }
  epoll_event event{};
  event.data.ptr = this;
  wants_write_ = result != 0;
  event.events = EPOLLIN | (wants_write_ ? EPOLLOUT : 0U);
  epoll_ctl(plan_.poller, EPOLL_CTL_ADD, socket_, &event);
  if (result == 0) {
    state_ = State::greeting;
    ledger_.connected();
  }
}

void LoadConnection::on_event(std::uint32_t events, std::chrono::steady_clock::time_point now) {
  last_heard_ = now;
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      fail_connection(lower_error(error));
      return;
    }
    state_ = State::greeting;
    ledger_.connected();
  }
  if ((events & EPOLLOUT) != 0) {
    flush();
  }
  if (socket_ >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    on_readable();
  }
}

void LoadConnection::on_readable() {
  static thread_local std::array<char, 16 * 1024> buffer;
  const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (count <= 0) {
    fail_connection(count == 0 ? "connection closed by the server" : lower_error(errno));
    return;
  }
  std::string_view input(buffer.data(), static_cast<std::size_t>(count));
  while (socket_ >= 0 && !input.empty()) {
    const auto reply = scanner_.next(input);
    if (scanner_.failed()) {
      fail_connection("not an SMTP reply");
      return;
    }
    if (reply) {
      on_reply(*reply);
    }
  }
}

void LoadConnection::on_reply(const ScannedReply& reply) {
  if (reply.code == 421 && state_ != State::quit) {
    fail_connection(error_name(reply));
    return;
  }
  const bool good = reply.code / 100 == 2;
  switch (state_) {
  case State::greeting:
    if (!good) {
      fail_message(error_name(reply));
      quit();
      return;
    }
    state_ = State::ehlo;
    send(plan_.hello);
    return;
  case State::ehlo:
    if (!good) {
      fail_message(error_name(reply));
      quit();
      return;
    }
    pipelining_ = reply.pipelining;
    start_message();
    return;
  case State::mail:
  case State::rcpt: on_envelope_reply(reply); return;
  case State::data: on_data_reply(reply); return;
  case State::message: on_message_reply(reply); return;
  case State::rset: next_message(); return;
  case State::quit: drop(); return;
  case State::none:
  case State::connecting:
  case State::waiting: fail_connection("a reply that no command asked for"); return;
  }
}

/// Begins the message that was taken.
void LoadConnection::start_message() {
  ++messages_;
  refusal_.clear();
  if (pipelines()) {
    envelope_replies_ = 2;
    state_ = State::mail;
    send(plan_.envelope);
  } else {
    state_ = State::mail;
    send(plan_.mail);
  }
}

void LoadConnection::on_envelope_reply(const ScannedReply& reply) {
  if (reply.code / 100 != 2 && refusal_.empty()) {
    refusal_ = error_name(reply);
  }
  if (pipelines()) {
    state_ = --envelope_replies_ == 0 ? State::data : State::rcpt;
  } else if (!refusal_.empty()) {
    abandon_transaction();
  } else if (state_ == State::mail) {
    state_ = State::rcpt;
    send(plan_.rcpt);
  } else {
    state_ = State::data;
    send("DATA\r\n");
  }
}

void LoadConnection::on_data_reply(const ScannedReply& reply) {
  const bool go = reply.code / 100 == 3;
  if (!go && refusal_.empty()) {
    refusal_ = error_name(reply);
  }
  if (!go) {
    abandon_transaction();
    return;
  }
  state_ = State::message;
  if (!refusal_.empty()) {
    send(".\r\n"); // pipelined: DATA was taken although the envelope was not
    return;
  }
  send_content();
}

void LoadConnection::on_message_reply(const ScannedReply& reply) {
  if (refusal_.empty() && reply.code / 100 != 2) {
    refusal_ = error_name(reply);
  }
  if (refusal_.empty()) {
    ledger_.delivered(due_);
    has_message_ = false;
  } else {
    fail_message(refusal_);
  }
  if (next_taken_) { // its envelope is on the way already
    next_taken_ = false;
    has_message_ = true;
    number_ = next_number_;
    due_ = next_due_;
    ++messages_;
    refusal_.clear();
    envelope_replies_ = 2;
    state_ = State::mail;
    return;
  }
  next_message();
}

void LoadConnection::next_message() {
  if (session_full()) {
    quit();
  } else if (take()) {
    start_message();
  } else {
    state_ = State::waiting;
    ledger_.idle(*this);
  }
}

void LoadConnection::abandon_transaction() {
  fail_message(refusal_);
  if (session_full()) {
    quit();
    return;
  }
  state_ = State::rset;
  send("RSET\r\n");
}

void LoadConnection::finish() {
  if (state_ == State::waiting) {
    quit();
  }
}

void LoadConnection::quit() {
  state_ = State::quit;
  send("QUIT\r\n");
}

void LoadConnection::send_content() {
  std::array<char, 48> id{};
  const int length = std::snprintf(id.data(), id.size(), "Message-ID: <%016llx.",
                                   static_cast<unsigned long long>(number_));
  output_.append(id.data(), static_cast<std::size_t>(length));
  output_ += plan_.run;
  body_left_ = plan_.body.size();
  if (pipelines() &&
      !(plan_.options.messages_per_session != 0 &&
        messages_ + 1 > plan_.options.messages_per_session) &&
      ledger_.take(next_number_, next_due_)) {
    next_taken_ = true;
    after_body_ = plan_.envelope;
  }
  flush();
}

void LoadConnection::send(std::string_view bytes) {
  if (output_.empty() && body_left_ == 0 && after_body_.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      return; // the end, and what the server said before it, is found by reading
    }
    ledger_.sent(count < 0 ? 0 : static_cast<std::size_t>(count));
    bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
    if (bytes.empty()) {
      return;
    }
  }
  (body_left_ > 0 ? after_body_ : output_) += bytes;
  flush();
}

/// Writes what there is: the header, the shared body, and what follows it.
void LoadConnection::flush() {
  while (!output_.empty() || body_left_ > 0 || !after_body_.empty()) {
    std::array<iovec, 3> parts{};
    parts[0] = {output_.data(), output_.size()};
    parts[1] = {const_cast<char*>(plan_.body.data()) + (plan_.body.size() - body_left_),
                body_left_};
    parts[2] = {after_body_.data(), after_body_.size()};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t result = sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (result < 0) {
      if (errno == EINTR) {
        continue;
      }
      if (errno != EAGAIN) {
        return; // the end, and what the server said before it, is found by reading
      }
      break;
    }
    auto count = static_cast<std::size_t>(result);
    ledger_.sent(count);
    const std::size_t first = std::min(count, output_.size());
    output_.erase(0, first);
    count -= first;
    const std::size_t middle = std::min(count, body_left_);
    body_left_ -= middle;
    after_body_.erase(0, count - middle);
  }
  const bool wants = !output_.empty() || body_left_ > 0 || !after_body_.empty();
  if (wants != wants_write_) {
    wants_write_ = wants;
    epoll_event event{};
    event.data.ptr = this;
    event.events = EPOLLIN | (wants ? EPOLLOUT : 0U);
    epoll_ctl(plan_.poller, EPOLL_CTL_MOD, socket_, &event);
  }
}

void LoadConnection::fail_message(const std::string& why) {
  if (has_message_) {
    has_message_ = false;
    ledger_.failed(why);
  }
}

void LoadConnection::fail_connection(const std::string& why) {
  fail_message(why);
  if (next_taken_) {
    next_taken_ = false;
    ledger_.failed(why);
  }
  drop();
}

void LoadConnection::time_out() {
  fail_connection("timed out");
}

void LoadConnection::drop() {
  if (socket_ >= 0) {
    close(socket_);
  }
  socket_ = -1;
  if (state_ != State::none && state_ != State::waiting) {
    ledger_.idle(*this);
  }
  state_ = State::none;
  scanner_ = {};
  output_.clear();
  body_left_ = 0;
  after_body_.clear();
  wants_write_ = false;
  pipelining_ = false;
  messages_ = 0;
}

} // namespace tempfail::client
