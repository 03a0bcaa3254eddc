// Loads an SMTP server over a bounded number of messages and sessions, from one epoll loop, and says how many
// messages were accepted and how long it took. It is the same for every server that is compared.
#include "loopback.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace tempfail;

/// How messages are spread over connections.
enum class Mode {
  single,    ///< one message a session
  kept,      ///< sessions stay open, each command waits for its reply
  pipelined, ///< sessions stay open; MAIL, RCPT and DATA in one segment, then the content (RFC 2920)
};

struct Plan {
  std::uint16_t port = 0;
  Mode mode = Mode::single;
  long sessions = 1;
  long messages = 1;
  std::size_t size = 1024; ///< bytes of content
};

enum class Step { greeting, ehlo, mail, rcpt, data, content, quit };

struct Session {
  int fd = -1;
  long number = 0;
  Step step = Step::greeting;
  int replies_due = 1;     ///< before the next step
  std::string_view unsent; ///< of the text being sent
  bool at_line_start = true;
  char code = 0;          ///< first digit of the line that is being read
  int column = 0;         ///< in that line
  bool last_line = false; ///< of its reply
  bool writing = false;   ///< waits to write
};

struct Text {
  std::string content;
  std::string envelope =
      "MAIL FROM:<sender@bench.test>\r\nRCPT TO:<recipient@bench.test>\r\nDATA\r\n";
};

class Generator {
 public:
  explicit Generator(const Plan& plan)
      : plan_(plan), sessions_(static_cast<std::size_t>(plan.sessions)) {
    text_.content = "Message-ID: <bench@bench.test>\r\nSubject: bench\r\n\r\n";
    const std::string line(76, 'x');
    while (text_.content.size() + 5 < plan.size) {
      const std::size_t room = plan.size - 3 - text_.content.size();
      text_.content += line.substr(0, std::min<std::size_t>(line.size(), room - 2)) + "\r\n";
    }
    text_.content += ".\r\n";
  }

  int run() {
    epoll_ = ::epoll_create1(0);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
      sessions_[i].number = static_cast<long>(i);
      open(sessions_[i]);
    }
    const bool served = bench::drive(epoll_, open_, [this](const epoll_event& event) {
      Session& session = *static_cast<Session*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0) send_more(session);
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(session);
    });
    if (!served) {
      std::fprintf(stderr, "load_generator: the server says nothing any more\n");
      return 1;
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::printf("{\"accepted\": %ld, \"failed\": %ld, \"seconds\": %.6f}\n", accepted_, failed_,
                elapsed.count());
    return failed_ == 0 && accepted_ == plan_.messages ? 0 : 1;
  }

 private:
  void open(Session& session) {
    if (started_ >= plan_.messages) return;
    if (plan_.mode == Mode::single) ++started_;
    const long number = session.number;
    session = Session();
    session.number = number;
    session.fd = bench::connect_from_many(plan_.port, opened_++);
    if (session.fd < 0) bench::fail("load_generator: connect");
    bench::watch(epoll_, session.fd, &session);
    ++open_;
  }

  void close(Session& session) {
    ::close(session.fd);
    session.fd = -1;
    --open_;
    if (plan_.mode == Mode::single) open(session);
  }

  void send(Session& session, std::string_view text) {
    session.unsent = text;
    send_more(session);
  }

  void send_more(Session& session) {
    while (!session.unsent.empty()) {
      const ssize_t count = ::send(session.fd, session.unsent.data(), session.unsent.size(),
                                   MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0) break;
      session.unsent.remove_prefix(static_cast<std::size_t>(count));
    }
    if (session.writing == !session.unsent.empty()) return;
    session.writing = !session.unsent.empty();
    epoll_event event{};
    event.events = session.writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &session;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, session.fd, &event);
  }

  void read(Session& session) {
    char buffer[4096];
    const ssize_t size = ::recv(session.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      ++failed_;
      close(session);
      return;
    }
    for (ssize_t i = 0; i < size && session.fd >= 0; ++i)
      take(session, buffer[i]);
  }

  /// One byte of a reply; at its last line's end the session goes on.
  void take(Session& session, char c) {
    if (session.column == 0) session.code = c;
    if (session.column == 3) session.last_line = c != '-';
    ++session.column;
    if (c != '\n') return;
    session.column = 0;
    if (!session.last_line) return;
    if (session.code != '2' && session.code != '3') {
      ++failed_;
      close(session);
      return;
    }
    if (--session.replies_due == 0) advance(session);
  }

  void advance(Session& session) {
    session.replies_due = 1;
    switch (session.step) {
    case Step::greeting:
      session.step = Step::ehlo;
      send(session, "EHLO client.bench.test\r\n");
      return;
    case Step::ehlo: begin_message(session); return;
    case Step::mail:
      session.step = Step::rcpt;
      send(session, "RCPT TO:<recipient@bench.test>\r\n");
      return;
    case Step::rcpt:
      session.step = Step::data;
      send(session, "DATA\r\n");
      return;
    case Step::data:
      session.step = Step::content;
      send(session, text_.content);
      return;
    case Step::content: end_message(session); return;
    case Step::quit: close(session); return;
    }
  }

  bool take_message() {
    if (plan_.mode == Mode::single) return true;
    if (started_ >= plan_.messages) return false;
    ++started_;
    return true;
  }

  void quit(Session& session) {
    session.step = Step::quit;
    send(session, "QUIT\r\n");
  }

  void begin_message(Session& session) {
    if (!take_message()) {
      quit(session);
    } else if (plan_.mode == Mode::pipelined) {
      session.step = Step::data;
      session.replies_due = 3;
      send(session, text_.envelope);
    } else {
      session.step = Step::mail;
      send(session, "MAIL FROM:<sender@bench.test>\r\n");
    }
  }

  void end_message(Session& session) {
    ++accepted_;
    if (plan_.mode == Mode::single)
      quit(session);
    else
      begin_message(session);
  }

  Plan plan_;
  Text text_;
  std::vector<Session> sessions_;
  int epoll_ = -1;
  long open_ = 0;
  long opened_ = 0;
  long started_ = 0;
  long accepted_ = 0;
  long failed_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr,
                 "usage: load_generator PORT single|kept|pipelined SESSIONS MESSAGES BYTES\n");
    return 2;
  }
  Plan plan;
  plan.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const std::string_view mode = argv[2];
  plan.mode = mode == "kept" ? Mode::kept : mode == "pipelined" ? Mode::pipelined : Mode::single;
  plan.messages = std::atol(argv[4]);
  plan.sessions = std::min(std::atol(argv[3]), plan.messages);
  plan.size = static_cast<std::size_t>(std::atol(argv[5]));
  return Generator(plan).run();
}
