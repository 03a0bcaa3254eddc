// The list of active hosts: one that stays unavailable is left alone for a while, then probed.
#pragma once

#include "client/policy/policy.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::client {

/// What is known of one host (an address and port, or whatever the caller names hosts by).
struct HostRecord {
  unsigned failures_in_row = 0;      ///< connections that failed since the last one that was made
  unsigned pauses = 0;               ///< how often in a row it was taken off the list
  std::optional<Moment> off_until{}; ///< off the list until then; then one probe is let through
  bool probing = false;              ///< the probe is under way

  friend bool operator==(const HostRecord&, const HostRecord&) = default;
};

/// Says which hosts may be tried now. Pure but for what it remembers; time comes in with each call.
class HostList {
 public:
  explicit HostList(Suspension rules) : rules_(std::move(rules)) {}

  /// May the host be connected to? After its pause a host answers yes once: to the probe. Every yes
  /// has to be followed by record() or withdraw().
  bool acquire(std::string_view host, Moment now);
  /// The connection was not tried after all.
  void withdraw(std::string_view host);
  /// What came of a try at the host: Failure::none if a session began.
  void record(std::string_view host, Failure failure, Moment now);

  /// The earliest moment at which a host that is off the list may be probed; nothing when none is
  /// off.
  std::optional<Moment> next_probe() const;
  const std::map<std::string, HostRecord, std::less<>>& hosts() const { return hosts_; }
  /// Takes over what an earlier process knew. A probe that was under way then is due again.
  void restore(std::string host, HostRecord record);
  /// Called with every host whose record has changed, so that it can be kept.
  void on_change(std::function<void(const std::string&, const HostRecord&)> callback) {
    changed_ = std::move(callback);
  }

 private:
  bool counts(Failure failure) const;
  Duration pause(unsigned count) const;

  Suspension rules_;
  std::map<std::string, HostRecord, std::less<>> hosts_;
  std::function<void(const std::string&, const HostRecord&)> changed_;
};

} // namespace tempfail::client
