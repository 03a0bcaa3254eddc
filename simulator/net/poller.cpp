// An epoll instance inside the io_context.
#include "net/poller.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>

namespace tempfail::net {

namespace {

constexpr std::size_t batch_size = 512;
/// Batches in a row before timers and other users of the io_context get their turn.
constexpr int batches_in_a_row = 32;

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

} // namespace

struct Poller::Impl : std::enable_shared_from_this<Poller::Impl> {
  Impl(boost::asio::io_context& context_given, std::function<void()> end)
      : context(context_given), epoll(context_given, make_epoll()), end_of_batch(std::move(end)) {}

  void wait() {
    if (stopped) return;
    epoll.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (!error) self->run();
                     });
  }

  /// Handles what is ready until nothing is: under load the next batch has come while one was
  /// handled, and asking again at once is cheaper than going through the io_context.
  void run() {
    for (int round = 0; round < batches_in_a_row && !stopped; ++round) {
      const int count = ::epoll_wait(epoll.native_handle(), events.data(), batch_size, 0);
      if (count <= 0) break;
      in_batch = true;
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        static_cast<Handler*>(event.data.ptr)->ready(event.events);
      }
      in_batch = false;
      if (end_of_batch) end_of_batch();
    }
    wait();
  }

  void control(int operation, int fd, std::uint32_t wanted, Handler& handler) {
    epoll_event event{};
    event.events = wanted;
    event.data.ptr = &handler;
    if (::epoll_ctl(epoll.native_handle(), operation, fd, &event) != 0)
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }

  boost::asio::io_context& context;
  boost::asio::posix::stream_descriptor epoll;
  std::function<void()> end_of_batch;
  std::array<epoll_event, batch_size> events{};
  bool in_batch = false;
  bool requested = false;
  bool stopped = false;
};

Poller::Poller(boost::asio::io_context& context, std::function<void()> end_of_batch)
    : impl_(std::make_shared<Impl>(context, std::move(end_of_batch))) {
  impl_->wait();
}

Poller::~Poller() {
  impl_->end_of_batch = nullptr;
  stop();
}

void Poller::add(int fd, std::uint32_t events, Handler& handler) {
  impl_->control(EPOLL_CTL_ADD, fd, events, handler);
}

void Poller::change(int fd, std::uint32_t events, Handler& handler) {
  impl_->control(EPOLL_CTL_MOD, fd, events, handler);
}

bool Poller::in_batch() const {
  return impl_->in_batch;
}

void Poller::request_end_of_batch() {
  if (impl_->in_batch || impl_->requested || impl_->stopped) return;
  impl_->requested = true;
  boost::asio::post(impl_->context, [impl = impl_] {
    impl->requested = false;
    if (impl->end_of_batch) impl->end_of_batch();
  });
}

void Poller::stop() {
  impl_->stopped = true;
  boost::system::error_code ignored;
  impl_->epoll.cancel(ignored);
}

} // namespace tempfail::net
