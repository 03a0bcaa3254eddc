// Values in this process's memory: each kind in a table that is bounded. What a remote store does is measured by it.
#pragma once

#include "scenario/model.hpp"
#include "state/greylist.hpp"
#include "state/key_table.hpp"
#include "state/store.hpp"

#include <functional>
#include <optional>
#include <unordered_map>

namespace tempfail::state {

class MemoryStore final : public Store {
 public:
  /// `limit`: of each kind's keys.
  explicit MemoryStore(scenario::ScenarioPtr scenario, std::size_t limit = key_limit);

  Moment first_contact(Moment now) override;
  Connections connected(std::string_view client, Moment now) override;
  void disconnected(std::string_view client) override;
  Connections connections(std::string_view client) override;
  RuleCount count(std::string_view key, WindowStart since, Moment now) override;
  std::uint64_t next_draw_number() override;
  bool greylist_early(std::string_view triplet, Moment now) override;
  FillLevel spool(Moment now) override;
  Mailbox mailbox(std::string_view key, Moment now) override;
  FillLevel used_rate(std::string_view key) override;
  void count_against_rate(std::string_view key, Moment now) override;
  QueueView queue(Moment now) override;
  void switch_queue(bool stopped) override;
  void accepted(std::uint64_t bytes, std::span<const std::string> mailboxes, Moment now) override;
  void reset() override;

 private:
  /// What a reset forgets.
  struct Values {
    explicit Values(std::size_t limit)
        : counts(limit), triplets(limit), mailboxes(limit), drawn(limit) {}
    std::optional<Moment> first;
    std::uint64_t draws = 0;
    FillLevel spool;
    QueueSwitch queue;
    KeyTable<RuleCount> counts;
    KeyTable<Triplet> triplets;
    KeyTable<Mailbox> mailboxes;
    KeyTable<FillLevel> drawn;
  };
  /// Lets a map keyed by string be asked with a view, without making a string.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  scenario::ScenarioPtr scenario_;
  std::size_t limit_;
  Values values_;
  std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> connections_;
  std::uint64_t total_connections_ = 0;
};

} // namespace tempfail::state
