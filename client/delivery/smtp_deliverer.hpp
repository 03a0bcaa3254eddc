// The deliverer that talks SMTP.
#pragma once

#include "client/delivery/deliverer.hpp"
#include "client/delivery/pool.hpp"
#include "client/net/resolver.hpp"
#include "client/net/tls_context.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// What holds for all tries of a process.
struct DelivererOptions {
  double time_scale = 1; ///< divides every time-out
  ResolverOptions resolver{};
  TlsFiles tls{};
  PoolLimits pool{};
  std::string helo_name{}; ///< of tries whose settings name none; empty: this machine's name
  /// Whether mail that is sent there comes back to us; nothing: where the port is 25, this machine's addresses.
  std::function<bool(const Address& address, std::uint16_t port)> is_own{};
  /// Asked before a connection to "address:port" is made; nothing: always yes.
  std::function<bool(const std::string& host)> may_try{};
  /// Told what came of it; Failure::none if a session began.
  std::function<void(const std::string& host, Failure failure)> tried{};
  /// Shown every line that crosses a connection: the peer, '>' '<' or '*', the line.
  std::function<void(std::string_view peer, char direction, std::string_view line)> trace{};
};

class SmtpDeliverer : public Deliverer {
 public:
  /// Says QUIT on idle connections. The io_context runs out of work once they are gone.
  virtual void close_idle() = 0;
  /// For statistics and tests.
  virtual const Pool& pool() const = 0;
};

/// Throws std::runtime_error when a TLS file or the resolver's address is no good. The deliverer must outlive
/// its tries, and the io_context the deliverer.
std::unique_ptr<SmtpDeliverer> make_smtp_deliverer(boost::asio::io_context& context,
                                                   DelivererOptions options);

/// This machine's name as EHLO should give it: a full name, else an address literal.
std::string own_name();

} // namespace tempfail::client
