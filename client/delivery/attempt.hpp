// One try at one message: host after host, until every recipient's fate is known. Internal to delivery.
#pragma once

#include "client/delivery/deliverer.hpp"
#include "client/delivery/pool.hpp"
#include "client/delivery/smtp_deliverer.hpp"
#include "client/net/resolver.hpp"
#include "client/net/session.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::client {

/// What a try borrows from its deliverer.
struct DeliveryParts {
  boost::asio::io_context& context;
  const DelivererOptions& options;
  const TlsContext& tls;
  Resolver& resolver;
  Pool& pool;
};

class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(DeliveryParts parts, const Message& message, std::span<const Recipient> recipients,
          const DeliverySettings& settings, AttemptCallbacks callbacks);
  void start();
  /// The same where the domain's mail hosts have just been looked up.
  void start(DnsAnswer<MailHost> hosts);

 private:
  /// An address that may be connected to.
  struct Candidate {
    std::string host;
    Address address;
    TlsMode tls = TlsMode::opportunistic;
    bool fresh = false; ///< not over a pooled connection: one just turned out to be dead
  };

  // Where to (attempt.cpp).
  void find_hosts();
  void take_mail_hosts(const std::string& domain, DnsAnswer<MailHost> answer);
  void next_candidate();
  void take_addresses(const std::string& host, DnsAnswer<Address> answer);
  void end_at_self(const std::string& host);
  void finish_with(Fate fate, Failure failure, const std::string& text, Status status = {});
  void finish();

  // One connection (attempt_session.cpp).
  void connect(const Candidate& candidate);
  void on_lease(const Candidate& candidate, Lease lease);
  void on_ready();
  void on_session_failed(const Settlement& settlement);
  void on_settled(std::size_t index, const Settlement& settlement);
  void on_done(const action::TransactionDone& done);
  void begin_batch();
  void leave_session(bool keep);
  void end_host_try(Failure failure, Stage stage, const std::string& text);
  void report_host(Failure failure);
  bool needs_tls() const;
  bool falls_back_to_clear(const Settlement& settlement) const;

  // Results (attempt.cpp).
  RecipientResult result_of(const Settlement& settlement) const;
  void note(std::size_t recipient, const RecipientResult& result);
  void note_all_open(const RecipientResult& result);
  void settle(std::size_t recipient, const RecipientResult& result);
  std::vector<std::size_t> open_recipients() const;

  DeliveryParts parts_;
  Message message_;
  std::vector<Recipient> recipients_;
  DeliverySettings settings_;
  AttemptCallbacks callbacks_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();

  std::vector<std::optional<RecipientResult>> noted_; ///< the best that is known so far
  std::vector<bool> settled_;
  AttemptReport report_;

  bool implicit_host_ = false; ///< the domain has no MX: its own address is meant
  bool looked_up_ = false;     ///< the name server says which hosts: all of them are names
  std::deque<MailHost> hosts_; ///< in the order in which they are tried
  std::deque<Candidate> candidates_;
  unsigned addresses_tried_ = 0;

  Candidate candidate_;
  Lease lease_;
  std::vector<std::size_t> batch_; ///< the recipients of the transaction under way
  std::vector<std::size_t> asked_; ///< asked on this host already
  bool session_began_ = false;
  std::optional<Settlement> broken_; ///< how the session ended while it was idle
  bool all_well_ = true;             ///< on this connection: it may be kept
  bool congested_ = false;
  std::chrono::steady_clock::time_point host_started_;
};

} // namespace tempfail::client
