// Connections to destinations: how many at once, which are idle, and who waits for one.
#pragma once

#include "client/net/session.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

struct PoolLimits {
  std::size_t per_destination =
      20;                  ///< connections to one destination; fewer while it says "too many"
  std::size_t total = 200; ///< connections in all
  std::size_t idle_per_destination = 4;   ///< kept open for the next message; 0: none
  unsigned messages_per_connection = 100; ///< then it is closed
  std::chrono::milliseconds idle_time = std::chrono::seconds(20); ///< protocol time
};

/// A connection lent to a try.
struct Lease {
  std::shared_ptr<Session> session;
  std::string destination;
  bool reused = false;   ///< it is open and ready; else it has to be opened
  unsigned messages = 0; ///< that went over it before
};

/// Lends connections. A destination that complains gets fewer of them: each complaint halves its limit, each
/// success adds a fraction, up to the configured limit.
class Pool {
 public:
  using Make = std::function<std::shared_ptr<Session>()>;
  using Granted = std::function<void(Lease)>;

  Pool(boost::asio::io_context& context, PoolLimits limits, double time_scale);
  ~Pool();

  /// Grants a connection now (but not from inside the call) or when there is room. `fresh`: not a pooled one.
  void acquire(const std::string& destination, bool fresh, Make make, Granted granted);
  /// Ends a lease. `keep`: the session is ready and healthy, and may serve the next message.
  void release(Lease lease, bool keep);

  /// The destination reported too many connections.
  void lower_limit(const std::string& destination);
  /// A transaction there succeeded.
  void raise_limit(const std::string& destination);
  double limit(const std::string& destination) const;

  std::size_t open_connections() const { return open_; }
  std::size_t idle() const;
  /// Says QUIT on every idle connection.
  void close_idle();

 private:
  struct Idle {
    Lease lease;
    std::shared_ptr<void> timer;
  };
  struct Destination {
    double limit = 0;
    std::size_t leased = 0;
    std::list<Idle> idle;
  };
  struct Waiter {
    std::string destination;
    bool fresh = false;
    Make make;
    Granted granted;
  };

  Destination& destination(const std::string& name);
  void serve();
  bool try_grant(Waiter& waiter);
  void connection_closed(const std::string& name);
  void keep_idle(Lease lease);
  void drop_idle(const std::string& name, const Session* session, bool say_quit);
  bool evict_one_idle();
  void forget_if_unused(const std::string& name);

  boost::asio::io_context& context_;
  PoolLimits limits_;
  double time_scale_;
  std::size_t open_ = 0; ///< leased and idle
  std::map<std::string, Destination> destinations_;
  std::list<Waiter> waiters_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace tempfail::client
