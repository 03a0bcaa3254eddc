// The failing name server on sockets: UDP and TCP on one port, for the zones of one or more servers.
#pragma once

#include "dns/zone.hpp"
#include "journal/event.hpp"
#include "net/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace tempfail::net {

/// What it bears; defaults here and nowhere else. Times are REAL.
struct NameServerLimits {
  std::size_t connections = 128;   ///< of TCP; a further one is closed at once
  std::size_t late_answers = 4096; ///< that wait for their moment; a further one is never sent
  std::chrono::seconds idle{30};   ///< a TCP connection that asks nothing for so long is closed
};

class NameServer {
 public:
  using Record = std::function<void(const journal::Event&)>;
  using ZoneId = std::uint64_t; ///< 0: none

  /// Listens on an address of IPv4 or IPv6; port 0: the system chooses one that is free for UDP and TCP.
  /// `network_namespace`: descriptor of the one in which that is; -1: this process's own. Throws std::system_error.
  NameServer(boost::asio::io_context& context, const std::string& address, std::uint16_t port,
             NameServerLimits limits = {}, int network_namespace = -1);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  const std::string& address() const;
  std::uint16_t port() const;

  /// Answers for a zone from here on, by this clock; its events are those of `server`. Both outlive the zone here.
  /// Throws std::invalid_argument: the domain is another zone's, or a record can't be on the wire.
  ZoneId add(const dns::ZoneSetting& setting, Clock& clock, std::uint32_t server, Record record);
  void remove(ZoneId zone);
  /// A name that is there with one address of IPv4, and that no zone is about; in place of the address it had.
  void set_host(const std::string& name, const std::string& address);
  /// Whether there was such a name.
  bool remove_host(const std::string& name);
  /// Forgets what the zone has counted, and when it was first asked.
  void reset_state(ZoneId zone);
  /// Queries for names that are no zone's, and what could not be read, by this clock.
  void record_unknown_names(Clock& clock, Record record);

  /// Closes all sockets; what is late is never sent.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_; ///< shared with handlers that are on their way
};

} // namespace tempfail::net
