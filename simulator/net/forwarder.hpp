// Sends on what scenarios with `forward` have accepted: to the next simulated host, or back to the sender's own
// server; and reports to the sender what could not be delivered. Bounded: one message at a time, so many tries,
// so many messages in all, and only to addresses that the user or this program itself has named.
#pragma once

#include "session/accepted_mail.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace tempfail::net {

class ServerContext;

/// Where mail goes.
struct MailTarget {
  std::string address; ///< of IPv4 or IPv6; empty: nowhere
  std::uint16_t port = 0;
};

class Forwarder {
 public:
  /// `return_to`: the sender's own server, which gets what goes back to it.
  Forwarder(boost::asio::io_context& context, ServerContext& server, MailTarget return_to);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  /// Messages of `scenario` go to `target`, as the journal's `to` says: "sender", "next-host".
  void set_destination(const std::string& scenario, std::string_view to, MailTarget target);
  /// A message that a session has accepted.
  void take(session::AcceptedMail mail);
  /// Messages that are not yet delivered or given up.
  std::size_t waiting() const;
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::net
