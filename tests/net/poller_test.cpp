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
