// Readiness of many sockets, in batches: an epoll instance of our own inside the io_context. A
// socket costs no memory here, and what was ready together is handled together, which is what the
// journal's group commit needs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tempfail::net {

class Poller {
 public:
  /// Someone who waits for a socket.
  class Handler {
   public:
    /// `events` as epoll_wait(2) gives them. May be called once more in the batch in which the
    /// socket was closed.
    virtual void ready(std::uint32_t events) = 0;

   protected:
    ~Handler() = default;
  };

  /// What happens between batches.
  struct Hooks {
    std::function<void()> end_of_batch; ///< after the handlers of everything that was ready at once
    std::function<void()> idle; ///< nothing more came for a moment, or many batches have passed
  };
  Poller(boost::asio::io_context& context, Hooks hooks);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Level-triggered, `events` of epoll_ctl(2). Throws std::system_error when there is no memory
  /// for it. A socket leaves by being closed.
  void add(int fd, std::uint32_t events, Handler& handler);
  void change(int fd, std::uint32_t events, Handler& handler);

  /// Does not wait for the next batch in the middle of the io_context's turn: others of its users are in a hurry, too.
  void skip_batch_delay();

  /// True while handlers of a batch run: its end is still to come.
  bool in_batch() const;
  /// Calls end_of_batch and idle soon, unless a batch is running, which has its own.
  void request_end_of_batch();

  /// Handles what is ready now, until nothing is (or, of those who never stop, a few thousand batches). Not from a
  /// handler.
  void catch_up();

  /// Waits no more, so that the io_context can come to an end.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_; ///< shared with the handlers that are on their way
};

} // namespace tempfail::net
