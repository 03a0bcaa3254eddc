// hiredis asks for readiness by five callbacks; each has an object of ours as its argument.
#include "store/redis_events.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <hiredis/async.h>
#include <memory>
#include <utility>

namespace tempfail::store {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

class Events : public std::enable_shared_from_this<Events> {
 public:
  Events(boost::asio::io_context& context, redisAsyncContext& redis)
      : redis_(&redis), descriptor_(context, redis.c.fd) {}

  void want_read(bool wanted) {
    reads_ = wanted;
    if (wanted) wait(Descriptor::wait_read, read_waits_, reads_, &redisAsyncHandleRead);
  }
  void want_write(bool wanted) {
    writes_ = wanted;
    if (wanted) wait(Descriptor::wait_write, write_waits_, writes_, &redisAsyncHandleWrite);
  }
  /// hiredis closes the socket next: it must not be closed here, too.
  void end() {
    redis_ = nullptr;
    descriptor_.release();
  }

 private:
  /// One wait at a time of each kind. `handle` may end all this.
  void wait(Descriptor::wait_type type, bool& waits, bool& wanted,
            void (*handle)(redisAsyncContext*)) {
    if (std::exchange(waits, true)) return;
    descriptor_.async_wait(type, [self = shared_from_this(), type, &waits, &wanted,
                                  handle](boost::system::error_code error) {
      waits = false;
      if (error || self->redis_ == nullptr || !wanted) return;
      handle(self->redis_);
      if (self->redis_ != nullptr && wanted) self->wait(type, waits, wanted, handle);
    });
  }

  redisAsyncContext* redis_;
  Descriptor descriptor_;
  bool reads_ = false;
  bool writes_ = false;
  bool read_waits_ = false;
  bool write_waits_ = false;
};

/// What hiredis holds.
using Held = std::shared_ptr<Events>;

Events& events(void* held) {
  return **static_cast<Held*>(held);
}

} // namespace

void attach_events(boost::asio::io_context& context, redisAsyncContext& redis) {
  redis.ev.data = new Held(std::make_shared<Events>(context, redis));
  redis.ev.addRead = [](void* held) { events(held).want_read(true); };
  redis.ev.delRead = [](void* held) { events(held).want_read(false); };
  redis.ev.addWrite = [](void* held) { events(held).want_write(true); };
  redis.ev.delWrite = [](void* held) { events(held).want_write(false); };
  redis.ev.cleanup = [](void* held) {
    const std::unique_ptr<Held> owned(static_cast<Held*>(held));
    (*owned)->end();
  };
}

} // namespace tempfail::store
