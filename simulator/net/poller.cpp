// An epoll instance inside the io_context.
#include "net/poller.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <sys/epoll.h>

namespace tempfail::net {

namespace {

constexpr std::size_t batch_size = 512;
/// Batches in a row before timers and other users of the io_context get their turn.
constexpr int batches_in_a_row = 16;
/// How long the next batch is waited for here before the way through the io_context is taken.
constexpr int patience_ms = 1;
/// Batches in a row when all that is there is to be handled.
constexpr int batches_to_catch_up = 4096;

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

} // namespace

struct Poller::Impl : std::enable_shared_from_this<Poller::Impl> {
  Impl(boost::asio::io_context& context_given, Hooks hooks_given)
      : context(context_given), epoll(context_given, make_epoll()), moment(context_given),
        hooks(std::move(hooks_given)) {}

  void wait() {
    if (stopped) return;
    epoll.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (!error) self->run();
                     });
  }

  /// Handles what is ready until nothing is: under load the next batch comes soon, and waiting for
  /// it here is cheaper than going through the io_context.
  void run() {
    for (int round = 0; round < batches_in_a_row && !stopped; ++round)
      if (!handle_batch(round == 0 || hurries ? 0 : patience_ms)) break;
    be_idle();
    wait();
  }

  /// In a hurry the moment in which nothing comes is not waited for here, but it is all the same.
  void be_idle() {
    if (!hooks.idle) return;
    if (!hurries) return hooks.idle();
    if (std::exchange(idle_is_near, true)) return;
    moment.expires_after(std::chrono::milliseconds(patience_ms));
    moment.async_wait([self = shared_from_this()](boost::system::error_code error) {
      self->idle_is_near = false;
      if (!error && self->hooks.idle) self->hooks.idle();
    });
  }

  /// False: nothing was ready.
  bool handle_batch(int patience) {
    const int count = ::epoll_wait(epoll.native_handle(), events.data(), batch_size, patience);
    if (count <= 0) return false;
    in_batch = true;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      static_cast<Handler*>(event.data.ptr)->ready(event.events);
    }
    in_batch = false;
    if (hooks.end_of_batch) hooks.end_of_batch();
    return true;
  }

  /// What was put off to the end of a batch comes first: it may be what a client waits for.
  void catch_up() {
    if (in_batch || stopped) return;
    if (hooks.end_of_batch) hooks.end_of_batch();
    for (int round = 0; round < batches_to_catch_up && !stopped; ++round)
      if (!handle_batch(0)) break;
    if (hooks.idle) hooks.idle();
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
  boost::asio::steady_timer moment; ///< until the server is idle, in a hurry
  Hooks hooks;
  std::array<epoll_event, batch_size> events{};
  bool in_batch = false;
  bool requested = false;
  bool stopped = false;
  bool hurries = false;
  bool idle_is_near = false;
};

Poller::Poller(boost::asio::io_context& context, Hooks hooks)
    : impl_(std::make_shared<Impl>(context, std::move(hooks))) {
  impl_->wait();
}

Poller::~Poller() {
  impl_->hooks = {};
  stop();
}

void Poller::add(int fd, std::uint32_t events, Handler& handler) {
  impl_->control(EPOLL_CTL_ADD, fd, events, handler);
}

void Poller::change(int fd, std::uint32_t events, Handler& handler) {
  impl_->control(EPOLL_CTL_MOD, fd, events, handler);
}

void Poller::skip_batch_delay() {
  impl_->hurries = true;
}

bool Poller::in_batch() const {
  return impl_->in_batch;
}

void Poller::request_end_of_batch() {
  if (impl_->in_batch || impl_->requested || impl_->stopped) return;
  impl_->requested = true;
  boost::asio::post(impl_->context, [impl = impl_] {
    impl->requested = false;
    if (impl->hooks.end_of_batch) impl->hooks.end_of_batch();
    impl->be_idle();
  });
}

void Poller::catch_up() {
  impl_->catch_up();
}

void Poller::stop() {
  impl_->stopped = true;
  boost::system::error_code ignored;
  impl_->epoll.cancel(ignored);
  impl_->moment.cancel();
}

} // namespace tempfail::net
