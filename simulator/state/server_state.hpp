// What outlives a session: attempt counters, disk, mailboxes, greylist, queue switch, limits. One per
// scenario that is served. Pure: every question is asked with the moment it is asked at; a store keeps the values.
#pragma once

#include "scenario/model.hpp"
#include "state/key_context.hpp"
#include "state/store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::state {

/// The state of one scenario. Not thread-safe: one thread runs sessions. With a remote store a question may wait for
/// its answer, while others are asked; what is written of exceptions at Store holds here.
class ServerState {
 public:
  /// `seed` feeds every chance of this scenario. The values are in memory.
  ServerState(scenario::ScenarioPtr scenario, std::uint64_t seed);
  ServerState(scenario::ScenarioPtr scenario, std::uint64_t seed, std::unique_ptr<Store> store);
  ~ServerState();
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;

  /// Back to how it was before the first contact (a control call; a new case). Sessions that are open stay open, and
  /// will say when they end.
  void reset();

  // Connections, for the limits.
  /// Also the first contact, which starts all windows. The answer counts this connection.
  Connections connected(std::string_view client, Moment now);
  void disconnected(std::string_view client);
  std::uint64_t connections(std::string_view client);
  std::uint64_t total_connections();

  /// Counts one more time that `rule`'s condition held, and says whether its trigger fires.
  bool fires(const scenario::Rule& rule, const KeyContext& context, Moment now);
  /// A draw from the seed, uniform in [min, max].
  Duration random_duration(Duration min, Duration max);

  // The named states; false or unlimited where the scenario has no such block.
  bool spool_full(std::uint64_t incoming, Moment now); ///< `incoming` bytes do not fit
  std::uint64_t spool_free(Moment now);
  bool mailbox_full(std::string_view recipient, std::uint64_t incoming, Moment now);
  std::uint64_t mailbox_free(std::string_view recipient, Moment now);
  bool mailbox_busy(std::string_view recipient, Moment now);
  bool greylist_early(const KeyContext& context, Moment now); ///< records the triplet
  bool queue_stopped(Moment now);
  bool scanner_down(Moment now);
  bool rate_over(std::string_view client, Moment now);          ///< does not draw
  void count_against_rate(std::string_view client, Moment now); ///< one MAIL was let through

  /// A message was taken: fills spool and mailboxes, counts for the queue. `recipients` as accepted.
  void accepted(std::uint64_t size, const std::vector<std::string>& recipients, Moment now);

  // The operator's switches, by control call.
  void stop_queue();
  void start_queue();

 private:
  const scenario::Server& server() const { return scenario_->server; }

  scenario::ScenarioPtr scenario_;
  std::uint64_t seed_;
  std::unique_ptr<Store> store_;
  std::string key_;               // kept for its memory
  std::vector<std::string> keys_; // likewise
};

} // namespace tempfail::state
