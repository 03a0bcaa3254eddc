// All servers under control: made on demand, each with its own port, clock, state and journal, and closed when nobody
// names them any more.
#pragma once

#include "control/managed_server.hpp"
#include "control/scenarios.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tempfail::control {

/// From the first to the last port that new servers may have.
using PortRange = std::pair<std::uint16_t, std::uint16_t>;

/// Counts for a monitor.
struct ServersTotals {
  std::uint64_t created = 0;
  std::uint64_t deleted = 0;
  std::uint64_t expired = 0; ///< leases that ran out
  net::TrafficTotals net;    ///< of all servers, those that are gone included
  std::uint64_t journal_events = 0;
  std::uint64_t journal_lost = 0;
};

class Servers {
 public:
  /// `base`: what new servers have where a request says nothing. No `ports`: the system chooses.
  Servers(const ControlContext& surroundings, Scenarios& scenarios, net::ServerSettings base,
          std::optional<PortRange> ports);
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  /// Throws Refusal.
  ManagedServerPtr create(const ServerRequest& request);
  /// One that was made elsewhere, and is there as long as the program runs.
  void adopt(ManagedServerPtr server);
  /// Its lease begins anew. Throws Refusal.
  ManagedServerPtr find(const std::string& id);
  /// In the order in which they were made.
  std::vector<ManagedServerPtr> all() const;
  /// Its port is free when this returns; its sessions hear 421. Throws Refusal.
  void remove(const std::string& id);
  /// Closes all but adopted ones; `done` is called, from the loop, when no session is left.
  void close(std::function<void()> done);
  ServersTotals totals() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::control
