// A redis-server of a run's own: on a Unix socket in a folder that only its user can open, without a port.
#pragma once

#include <string>

#include <sys/types.h>

namespace tempfail::cli {

/// It is killed when this process ends, however that ends. Nothing of it is kept on disk.
class PrivateRedis {
 public:
  /// It takes questions. CannotRun: there is no redis-server, or it does not start.
  PrivateRedis();
  /// In a copy of this process nothing happens.
  ~PrivateRedis();
  PrivateRedis(const PrivateRedis&) = delete;
  PrivateRedis& operator=(const PrivateRedis&) = delete;

  /// As --store takes it.
  std::string address() const;
  pid_t process() const { return process_; }
  /// Somebody has waited for it.
  void has_ended() { process_ = 0; }

 private:
  std::string socket() const { return folder_ + "/socket"; }
  std::string log() const { return folder_ + "/log"; }
  bool accepts() const;
  void start();
  void wait_until_it_accepts();
  void clear();

  pid_t owner_;
  std::string folder_;
  pid_t process_ = 0; ///< 0: none runs
};

} // namespace tempfail::cli
