// The bridge between c-ares and Asio: descriptors are borrowed, never closed here.
#include "client/net/resolver_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ares.h>

#include <chrono>
#include <map>

namespace tempfail::client {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

class Watch : public ResolverWatch, public std::enable_shared_from_this<Watch> {
 public:
  explicit Watch(asio::io_context& context) : context_(context), timer_(context) {}
  ~Watch() override {
    for (auto& [descriptor, socket] : sockets_) {
      socket->handle.release();
    }
  }

  void set_channel(ares_channeldata* channel) override {
    channel_ = channel;
    if (channel_ == nullptr) {
      timer_.cancel();
    }
  }

  void socket_state(int descriptor, bool readable, bool writable) override {
    auto place = sockets_.find(descriptor);
    if (!readable && !writable) {
      if (place != sockets_.end()) {
        place->second->handle.release(); // c-ares closes it
        sockets_.erase(place);
      }
      return;
    }
    if (place == sockets_.end()) {
      place = sockets_.emplace(descriptor, std::make_shared<Socket>(context_, descriptor)).first;
    }
    const auto socket = place->second;
    socket->want_read = readable;
    socket->want_write = writable;
    wait(socket, true);
    wait(socket, false);
  }

  void asked() override { arm(); }

 private:
  struct Socket {
    Socket(asio::io_context& context, int descriptor) : handle(context, descriptor) {}
    Descriptor handle;
    bool want_read = false;
    bool want_write = false;
    bool waiting_read = false;
    bool waiting_write = false;
  };

  void wait(const std::shared_ptr<Socket>& socket, bool read) {
    bool& waiting = read ? socket->waiting_read : socket->waiting_write;
    if (waiting || !(read ? socket->want_read : socket->want_write)) {
      return;
    }
    waiting = true;
    const int descriptor = socket->handle.native_handle();
    socket->handle.async_wait(read ? Descriptor::wait_read : Descriptor::wait_write,
                              [weak = weak_from_this(), socket, read,
                               descriptor](const boost::system::error_code& error) {
                                (read ? socket->waiting_read : socket->waiting_write) = false;
                                const auto self = weak.lock();
                                if (error || !self || self->channel_ == nullptr) {
                                  return;
                                }
                                ares_process_fd(self->channel_, read ? descriptor : ARES_SOCKET_BAD,
                                                read ? ARES_SOCKET_BAD : descriptor);
                                if (socket->handle.is_open()) {
                                  self->wait(socket, read);
                                }
                                self->arm();
                              });
  }

  void arm() {
    timeval limit{};
    if (channel_ == nullptr || ares_timeout(channel_, nullptr, &limit) == nullptr) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(std::chrono::seconds(limit.tv_sec) +
                         std::chrono::microseconds(limit.tv_usec) + std::chrono::milliseconds(1));
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (error || !self || self->channel_ == nullptr) {
        return;
      }
      ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->arm();
    });
  }

  asio::io_context& context_;
  asio::steady_timer timer_;
  ares_channeldata* channel_ = nullptr;
  std::map<int, std::shared_ptr<Socket>> sockets_;
};

} // namespace

std::shared_ptr<ResolverWatch> make_resolver_watch(asio::io_context& context) {
  return std::make_shared<Watch>(context);
}

} // namespace tempfail::client
