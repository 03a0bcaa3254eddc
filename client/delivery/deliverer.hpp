// The interface of delivery: makes one try at a message for some recipients and says what became of
// each.
#pragma once

#include "client/delivery/message.hpp"
#include "client/delivery/outcome.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace tempfail::client {

/// A fixed next hop, instead of the domain's MX hosts.
struct NextHop {
  std::string host{}; ///< name or address literal; empty: look up the recipient's domain
  std::uint16_t port = 25;
  bool implicit_tls = false; ///< TLS from the first byte (port 465)
  bool lookup_mx = false;    ///< the host is a domain whose MX records count

  bool operator==(const NextHop&) const = default;
};

/// What a policy may set differently for one try.
struct DeliverySettings {
  NextHop next_hop{};
  TlsMode tls = TlsMode::opportunistic;
  Credentials credentials{};
  TimeOuts time_outs{};
  std::string helo_name{};      ///< empty: this machine's name
  std::string source_address{}; ///< local address to connect from; empty: any
  std::uint64_t seed = 0;       ///< shuffles hosts of equal preference
  unsigned max_hosts =
      5; ///< at most so many addresses in one try (RFC 5321 section 5.1 says at least two)
  unsigned max_recipients_per_message =
      100;                      ///< RFC 5321 section 4.5.3.1.8: more need several transactions
  bool pipelining = true;       ///< use it where offered
  bool chunking = false;        ///< use BDAT where offered
  bool next_host_on_4yz = true; ///< RFC 5321 section 5.1
  bool ipv4 = true;
  bool ipv6 = true;

  bool operator==(const DeliverySettings&) const = default;
};

/// What a try reports while it runs and when it is over. All are called on the thread that runs the
/// deliverer; any may be empty.
struct AttemptCallbacks {
  /// The last bytes of the content are about to leave for these recipients (indexes): from here to
  /// settled() is the one window in which a crash can't know whether they were delivered. False: that
  /// could not be kept (a full disk), so they must not leave: close, and settle the recipients as
  /// transient with Failure::local.
  std::function<bool(std::span<const std::size_t> recipients, std::string_view host)> committing{};
  /// A recipient's result is final. Called exactly once for each, as soon as it is known, so that
  /// it can be kept before anything else happens.
  std::function<void(std::size_t recipient, const RecipientResult& result)> settled{};
  /// All recipients are settled. The last call of the try.
  std::function<void(const AttemptReport& report)> finished{};
};

/// Makes delivery tries. The real one (delivery/smtp_deliverer.hpp) talks SMTP; a simulation may
/// answer from a table.
class Deliverer {
 public:
  virtual ~Deliverer() = default;

  /// Starts a try at `message` for `recipients`, which all go the same way: one domain, or
  /// DeliverySettings::next_hop. Copies what it needs (the content is shared). Never calls back before it
  /// returns. Tries at one message that are started in a row may share a transaction.
  virtual void attempt(const Message& message, std::span<const Recipient> recipients,
                       const DeliverySettings& settings, AttemptCallbacks callbacks) = 0;
};

/// The recipients' indexes grouped by where they go: one group if the next hop is fixed, else one for
/// each domain.
std::vector<std::vector<std::size_t>> group_by_destination(std::span<const Recipient> recipients,
                                                           const NextHop& next_hop);

} // namespace tempfail::client
