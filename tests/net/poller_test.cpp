// The poller: batches, their ends, and its own end.
#include "net/poller.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

#include <string>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

using namespace tempfail;

namespace {

struct Counter final : net::Poller::Handler {
  explicit Counter(std::string& log_given, char name_given) : log(log_given), name(name_given) {}
  ~Counter() { ::close(fd); }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  void ready(std::uint32_t events) override {
    log += (events & EPOLLIN) != 0 ? name : '?';
    eventfd_t value = 0;
    ::eventfd_read(fd, &value);
  }
  std::string& log;
  char name;
  int fd = ::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
};

} // namespace

TEST_CASE("poller: what is ready at once is one batch with one end, and then it is idle") {
  boost::asio::io_context context{1};
  std::string log;
  std::unique_ptr<net::Poller> poller;
  poller = std::make_unique<net::Poller>(context, net::Poller::Hooks{[&] { log += '.'; },
                                                                     [&] {
                                                                       log += '|';
                                                                       poller->stop();
                                                                     }});
  Counter a(log, 'a');
  Counter b(log, 'b');
  poller->add(a.fd, EPOLLIN, a);
  poller->add(b.fd, EPOLLIN, b);
  context.run();
  CHECK((log == "ab.|" || log == "ba.|"));
}

TEST_CASE("poller: an end of batch asked for outside of one comes once") {
  boost::asio::io_context context{1};
  int ends = 0;
  std::unique_ptr<net::Poller> poller;
  poller = std::make_unique<net::Poller>(
      context, net::Poller::Hooks{[&] { ++ends; }, [&] { poller->stop(); }});
  poller->request_end_of_batch();
  poller->request_end_of_batch();
  CHECK(ends == 0);
  context.run();
  CHECK(ends == 1);
}

TEST_CASE("poller: may be destroyed while its handlers are on their way") {
  boost::asio::io_context context{1};
  std::string log;
  Counter a(log, 'a');
  auto poller = std::make_unique<net::Poller>(
      context, net::Poller::Hooks{[&] { log += '.'; }, [&] { log += '|'; }});
  poller->add(a.fd, EPOLLIN, a);
  poller->request_end_of_batch();
  poller.reset();
  context.run();
  CHECK(log.empty());
}

TEST_CASE("poller: to catch up is to handle what is ready before the call returns") {
  boost::asio::io_context context{1};
  std::string log;
  net::Poller poller(context, {[&] { log += '.'; }, [&] { log += '|'; }});
  Counter first(log, 'a');
  poller.add(first.fd, EPOLLIN, first);
  poller.catch_up();
  CHECK(log == ".a.|"); // what was put off, the batch, and its end
  log.clear();
  ::eventfd_write(first.fd, 1);
  poller.catch_up();
  CHECK(log == ".a.|");
  log.clear();
  poller.catch_up();
  CHECK(log == ".|");
  poller.stop();
  ::eventfd_write(first.fd, 1);
  log.clear();
  poller.catch_up();
  CHECK(log.empty());
  context.run();
}

TEST_CASE("poller: a handler that asks to catch up is not called again by that") {
  boost::asio::io_context context{1};
  std::string log;
  net::Poller poller(context, {});
  struct Asking final : net::Poller::Handler {
    void ready(std::uint32_t) override {
      ++calls;
      poller->catch_up();
      eventfd_t value = 0;
      ::eventfd_read(fd, &value);
    }
    net::Poller* poller = nullptr;
    int fd = -1;
    int calls = 0;
  };
  Counter socket(log, 'a');
  Asking asking;
  asking.poller = &poller;
  asking.fd = socket.fd;
  poller.add(socket.fd, EPOLLIN, asking);
  poller.catch_up();
  CHECK(asking.calls == 1);
  poller.stop();
  context.run();
}
