// Sends on what scenarios with `forward` have accepted: to the next simulated host, or back to the sender's own
// server; and reports to the sender what could not be delivered. Bounded: one message at a time, so many tries,
// so many messages in all, and only to addresses that the user or this program itself has named.
#pragma once

#include "session/handover.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace tempfail::net {

class Core;

/// Where mail goes.
struct MailTarget {
  std::string address; ///< of IPv4 or IPv6; empty: nowhere
  std::uint16_t port = 0;
};

class Relay {
 public:
  /// `return_to`: the sender's own server, which gets what goes back to it.
  Relay(boost::asio::io_context& context, Core& core, MailTarget return_to);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Messages of `scenario` go to `target`, as the journal's `to` says: "sender", "next-host".
  void set_route(const std::string& scenario, std::string_view to, MailTarget target);
  /// A message that a session has accepted.
  void take(session::Handover mail);
  /// Messages that are not yet delivered or given up.
  std::size_t waiting() const;
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::net
