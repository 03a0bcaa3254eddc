// A listening socket: accepts, and pauses quietly while the process is out of descriptors.
#pragma once

#include "net/core.hpp"

#include <cstdint>
#include <string>

#include <sys/socket.h>

namespace tempfail::net {

class Listener final : public Poller::Handler {
 public:
  /// Binds and listens; `service.endpoint` says where (port 0: the system chooses, and it is put
  /// there). Throws std::system_error.
  Listener(Core& core, Service& service);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void ready(std::uint32_t events) override;

  /// Out of descriptors: waits for resume().
  bool is_paused() const { return paused_; }
  void resume();

 private:
  void pause(int error);
  void take(int fd, const sockaddr_storage& address);

  Core& core_;
  Service& service_;
  int fd_ = -1;
  bool paused_ = false;
  bool told_ = false; ///< of the pause, which lasts until the queue was found empty
};

} // namespace tempfail::net
