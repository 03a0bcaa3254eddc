// Runs the real deliverer against servers that a test wrote, and waits for what it reports.
#pragma once

#include "client/delivery/smtp_deliverer.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tempfail::client::test {

/// What became of one try.
struct Outcome {
  AttemptReport report;
  std::vector<std::string> order; ///< "committing 0,1", "settled 0", …, "finished"

  /// "FATE FAILURE STAGE STATUS" of a recipient, and " in-doubt".
  std::string of(std::size_t recipient = 0) const;
  /// "host failure" of every host tried, joined by "; ".
  std::string tries() const;
};

class Delivery {
 public:
  /// Time-outs are divided by `time_scale`: by 10, five minutes are half a minute.
  explicit Delivery(DelivererOptions options = {}, double time_scale = 10);
  ~Delivery();

  /// Makes one try and waits for its end.
  Outcome send(const DeliverySettings& settings,
               std::vector<std::string> recipients = {"x@mx.test"},
               std::string content = "Subject: test\r\n\r\nbody\r\n");
  /// Starts one; run() waits for all.
  std::shared_ptr<Outcome> start(const DeliverySettings& settings,
                                 std::vector<std::string> recipients,
                                 std::string content = "Subject: test\r\n\r\nbody\r\n");
  void run();
  bool may_commit = true;  ///< what `committing` is answered
  bool requiretls = false; ///< what messages ask for (RFC 8689)
  std::string message_id;  ///< the queue's name for them; empty: they have none
  SmtpDeliverer& deliverer() { return *deliverer_; }
  /// Runs what is ready until `done` says so; fails after a minute.
  void wait_until(const std::function<bool()>& done);

 private:
  boost::asio::io_context context_;
  std::unique_ptr<SmtpDeliverer> deliverer_;
  unsigned open_ = 0;
};

/// A fixed next hop 127.0.0.1, without TLS.
DeliverySettings to_port(std::uint16_t port);
/// MX look-up, all hosts on this port.
DeliverySettings by_mx(std::uint16_t port);

} // namespace tempfail::client::test
