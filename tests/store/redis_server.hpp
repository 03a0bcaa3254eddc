// A redis-server of a test's own: on a Unix socket in a folder that nobody else has, without a port.
#pragma once

#include "store/address.hpp"

#include <string>
#include <sys/types.h>

namespace tempfail::test {

class RedisServer {
 public:
  /// Runs and takes questions. Throws std::runtime_error when there is no redis-server, or it does not come up.
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  store::Address address() const;
  /// Ends it; its socket refuses connections then.
  void stop();
  /// Starts it again, with nothing in it.
  void start();
  /// It answers nothing, but is there.
  void freeze();
  void thaw();

 private:
  bool accepts() const;

  std::string folder_;
  pid_t process_ = 0;
};

} // namespace tempfail::test
