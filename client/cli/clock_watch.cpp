// A timer of the kernel's that is never due, and is cancelled when the clock is set.
#include "client/cli/clock_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

namespace tempfail::client {
namespace {

class SetTimer final : public ClockWatch {
 public:
  SetTimer(boost::asio::io_context& context, std::function<void()> jumped)
      : timer_(context, make()), jumped_(std::move(jumped)) {
    wait();
  }

 private:
  static int make() {
    const int timer = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer < 0) throw std::system_error(errno, std::generic_category(), "timerfd");
    return timer;
  }

  void wait() {
    itimerspec never{};
    never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
    ::timerfd_settime(timer_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                      nullptr);
    timer_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error) return;
                        std::uint64_t count = 0;
                        const bool was_set =
                            ::read(timer_.native_handle(), &count, sizeof count) < 0 &&
                            errno == ECANCELED;
                        wait();
                        if (was_set) jumped_();
                      });
  }

  boost::asio::posix::stream_descriptor timer_;
  std::function<void()> jumped_;
};

} // namespace

std::unique_ptr<ClockWatch> watch_time_of_day(boost::asio::io_context& context,
                                              std::function<void()> jumped) {
  return std::make_unique<SetTimer>(context, std::move(jumped));
}

} // namespace tempfail::client
