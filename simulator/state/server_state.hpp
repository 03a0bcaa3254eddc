// What outlives a session: attempt counters, disk, mailboxes, greylist, queue switch, limits. One per
// scenario that is served. Pure: every question is asked with the moment it is asked at.
#pragma once

#include "scenario/model.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tempfail::state {

/// What a session knows when it asks: the keys by which things are told apart.
struct Context {
  std::string_view client; ///< address
  std::uint64_t connection = 0;
  std::string_view sender; ///< reverse-path; has_sender tells "<>" from "not yet known"
  bool has_sender = false;
  std::string_view recipient; ///< the current one; at data and later the first accepted one
  std::string_view
      envelope_recipients;  ///< all accepted ones, sorted, joined by ' '; empty before data
  std::string_view message; ///< Message-ID or hash; empty before the content is there
};

/// The state of one scenario. Not thread-safe: one thread runs sessions.
class ServerState {
 public:
  /// `seed` feeds every chance of this scenario.
  ServerState(scenario::ScenarioPtr scenario, std::uint64_t seed);
  ~ServerState();
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;

  /// Back to how it was before the first contact (a control call; a new case).
  void reset();

  // Connections, for the limits.
  void connected(std::string_view client,
                 Moment now); ///< also the first contact, which starts all windows
  void disconnected(std::string_view client, Moment now);
  std::uint64_t connections(std::string_view client) const;
  std::uint64_t total_connections() const;

  /// Counts one more time that `rule`'s condition held, and says whether its trigger fires.
  bool fires(const scenario::Rule& rule, const Context& context, Moment now);
  /// A draw from the seed, uniform in [min, max].
  Duration draw(Duration min, Duration max);

  // The named states; false or unlimited where the scenario has no such block.
  bool spool_full(std::uint64_t incoming, Moment now); ///< `incoming` bytes do not fit
  std::uint64_t spool_free(Moment now);
  bool mailbox_full(std::string_view recipient, std::uint64_t incoming, Moment now);
  std::uint64_t mailbox_free(std::string_view recipient, Moment now);
  bool mailbox_busy(std::string_view recipient, Moment now);
  bool greylist_early(const Context& context, Moment now); ///< records the triplet
  bool queue_stopped(Moment now);
  bool scanner_down(Moment now);
  bool rate_over(std::string_view client, Moment now); ///< does not draw
  void draw_rate(std::string_view client, Moment now); ///< one MAIL was let through

  /// A message was taken: fills spool and mailboxes, counts for the queue. `recipients` as accepted.
  void accepted(std::uint64_t size, const std::vector<std::string>& recipients, Moment now);

  // The operator's switches, by control call.
  void stop_queue();
  void start_queue();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::state
