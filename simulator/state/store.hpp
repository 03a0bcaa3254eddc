// Where the values of one scenario's state are kept. Questions go to a store; what an answer means, the pure
// functions of this folder decide.
#pragma once

#include "state/counters.hpp"
#include "state/fill_level.hpp"
#include "state/mailboxes.hpp"
#include "state/queue.hpp"

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tempfail::state {

/// The store does not answer. Whoever asked knows nothing of what became of the question.
class StoreLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Open connections: of one client, and in all.
struct Connections {
  std::uint64_t client = 0;
  std::uint64_t total = 0;
  bool operator==(const Connections&) const = default;
};

/// The queue's switch, and since when its windows run.
struct QueueView {
  Moment first_contact{};
  QueueSwitch queue;
  bool operator==(const QueueView&) const = default;
};

/// Where the windows of a rule's new key begin.
enum class WindowStart : std::uint8_t { now, first_contact };

/// Each question is one step: no other question of any session, or of any server with the same store, comes between its
/// parts. The first that names a moment, once the state is new, is the scenario's first contact. Questions to a remote
/// store throw StoreLost.
class Store {
 public:
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// When the scenario was met first.
  virtual Moment first_contact(Moment now) = 0;

  /// One more connection, which the answer counts.
  virtual Connections connected(std::string_view client, Moment now) = 0;
  /// One less; nothing where none is open. Does not throw, and nobody waits for it.
  virtual void disconnected(std::string_view client) = 0;
  virtual Connections connections(std::string_view client) = 0;

  /// Counts `key` once more.
  virtual RuleCount count(std::string_view key, WindowStart since, Moment now) = 0;
  /// How many draws there were before this one.
  virtual std::uint64_t next_draw_number() = 0;

  // What the scenario has settings for; not to be asked of others.

  /// Sees the triplet once more; whether it is to be refused.
  virtual bool greylist_early(std::string_view triplet, Moment now) = 0;
  virtual FillLevel spool(Moment now) = 0;
  virtual Mailbox mailbox(std::string_view key, Moment now) = 0;
  virtual FillLevel used_rate(std::string_view key) = 0;
  virtual void count_against_rate(std::string_view key, Moment now) = 0;

  /// Of any scenario: an operator may stop the queue of each.
  virtual QueueView queue(Moment now) = 0;
  virtual void switch_queue(bool stopped) = 0;

  /// A message was taken: it fills the disk and these mailboxes, and counts for the queue.
  virtual void accepted(std::uint64_t bytes, std::span<const std::string> mailboxes,
                        Moment now) = 0;

  /// Back to how it was before the first contact. Open connections stay counted.
  virtual void reset() = 0;

  /// What tells this server's connections from those of others with the same store; empty: there are no others.
  virtual std::string_view node() const { return {}; }

 protected:
  Store() = default;
};

} // namespace tempfail::state
