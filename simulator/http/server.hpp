// The API on a socket: HTTP/1.1, one thread, the loop that the servers run on.
#pragma once

#include "http/api.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace tempfail::http {

/// What a client may ask of the socket; defaults here and nowhere else.
struct ServerLimits {
  std::size_t connections = 512;                ///< at once; more are answered 503
  std::uint32_t header = 16 << 10;              ///< bytes; over it 431
  std::uint64_t body = std::uint64_t{8} << 20U; ///< bytes; over it 413
  std::chrono::seconds idle{60}; ///< for a request to come, or a response to be taken
};

struct ServerSetting {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: the system chooses
  std::string token;      ///< empty: none is needed
  ServerLimits limits{};
};

class Server {
 public:
  /// Listens. Throws std::system_error. `api` outlives it.
  Server(boost::asio::io_context& loop, ServerSetting setting, Api& api);
  /// Closes everything.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  /// Nothing is accepted any more, and open connections are closed.
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::http
