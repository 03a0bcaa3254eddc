// Tries at one message for several domains that begin together: where their mail hosts are the same, they share
// connections and transactions (RFC 5321 section 4.5.4.1). Internal to delivery.
#pragma once

#include "client/delivery/attempt.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::client {

/// A try as the deliverer was given it.
struct GivenTry {
  Message message;
  std::vector<Recipient> recipients;
  DeliverySettings settings;
  AttemptCallbacks callbacks;
};

/// Looks up the mail hosts of each try's domain, and makes one try of those that have the same. Each is told its own
/// results, as if it were alone. A name server that is silent for one domain delays the others by a second.
class CommonHosts : public std::enable_shared_from_this<CommonHosts> {
 public:
  /// Of one message, with the same settings, each for one domain.
  CommonHosts(DeliveryParts parts, std::vector<GivenTry> tries);
  void start();

  /// Whether both may share a transaction if their hosts are the same.
  static bool fit_together(const GivenTry& one, const GivenTry& other);

 private:
  void take(std::size_t index, DnsAnswer<MailHost> answer);
  void begin();
  void begin_together(std::vector<GivenTry> tries, DnsAnswer<MailHost> hosts);

  DeliveryParts parts_;
  std::vector<std::optional<GivenTry>> tries_; ///< nothing: it has begun
  std::vector<std::optional<DnsAnswer<MailHost>>> answers_;
  std::size_t open_; ///< look-ups without an answer
  bool patience_over_ = false;
  boost::asio::steady_timer patience_;
};

} // namespace tempfail::client
