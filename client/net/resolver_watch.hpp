// Waits on c-ares' sockets and timers with Asio. Internal to net.
#pragma once

#include <memory>

struct ares_channeldata;

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// Calls ares_process_fd() whenever a socket of the channel is ready or a time-out is due.
class ResolverWatch {
 public:
  virtual ~ResolverWatch() = default;

  /// To be given to ares_init_options() as the socket state callback's data.
  virtual void socket_state(int descriptor, bool readable, bool writable) = 0;
  /// The channel whose sockets are watched.
  virtual void set_channel(ares_channeldata* channel) = 0;
  /// To be called after a question was asked: its time-out has to be waited for.
  virtual void asked() = 0;
};

std::shared_ptr<ResolverWatch> make_resolver_watch(boost::asio::io_context& context);

} // namespace tempfail::client
