// The state of one scenario in a Redis server.
#pragma once

#include "state/store.hpp"
#include "store/redis_link.hpp"
#include "store/run.hpp"

#include "scenario/model.hpp"

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace tempfail::store {

class RedisStore;
/// Those that a server has open.
using OpenStores = std::set<RedisStore*>;

/// Each question is one function of functions.hpp. The pure functions of state/ are what it has to do; a test holds the
/// two against each other.
class RedisStore final : public state::Store {
 public:
  /// `link`, `keys` and `all`, in which it is while it lives, outlive it. Throws std::invalid_argument when the
  /// scenario has an amount that is too large to be exact there (2^53 and more).
  RedisStore(RedisLink& link, const RunKeys& keys, scenario::ScenarioPtr scenario,
             std::string_view key, OpenStores& all);
  ~RedisStore() override;

  Moment first_contact(Moment now) override;
  state::Connections connected(std::string_view client, Moment now) override;
  void disconnected(std::string_view client) override;
  state::Connections connections(std::string_view client) override;
  state::RuleCount count(std::string_view key, state::WindowStart since, Moment now) override;
  std::uint64_t next_draw_number() override;
  bool greylist_early(std::string_view triplet, Moment now) override;
  state::FillLevel spool(Moment now) override;
  state::Mailbox mailbox(std::string_view key, Moment now) override;
  state::FillLevel used_rate(std::string_view key) override;
  void count_against_rate(std::string_view key, Moment now) override;
  state::QueueView queue(Moment now) override;
  void switch_queue(bool stopped) override;
  void accepted(std::uint64_t bytes, std::span<const std::string> mailboxes, Moment now) override;
  void reset() override;
  std::string_view node() const override { return keys_.node; }

  /// Says again which connections of this server are open: the store has forgotten them.
  void restore();

 private:
  template <typename... Words>
  Numbers ask(Function function, const Words&... words) {
    const std::array<std::string_view, sizeof...(Words) + 1> all = {keys_.keep, words...};
    return link_.ask(function, base_, keys_.run, all);
  }
  template <typename... Words>
  bool post(Function function, const Words&... words) {
    const std::array<std::string_view, sizeof...(Words) + 1> all = {keys_.keep, words...};
    return link_.post(function, base_, keys_.run, all);
  }
  const scenario::Server& server() const { return scenario_->server; }

  RedisLink& link_;
  const RunKeys& keys_;
  scenario::ScenarioPtr scenario_;
  OpenStores& all_;
  std::string base_; ///< what the keys of this state begin with
  std::map<std::string, std::uint64_t, std::less<>>
      open_; ///< connections of this server, by client
  std::uint64_t total_open_ = 0;
};

} // namespace tempfail::store
