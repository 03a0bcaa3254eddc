// How often, and since when, each rule has come up, told apart by what it is counted per.
#pragma once

#include "scenario/model.hpp"
#include "state/key_table.hpp"
#include "state/server_state.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::state {

/// Decides whether a rule whose condition holds fires this time.
class Counters {
 public:
  Counters(std::uint64_t seed, std::size_t limit = key_limit) : seed_(seed), counts_(limit) {}

  /// `first_contact`: of the scenario; a rule counted per scenario has its windows from there.
  bool fires(const scenario::Rule& rule, const Context& context, Moment first_contact, Moment now);
  /// The same of a trigger by itself, which is counted by `key` (a rule's line, and what tells its counts apart).
  /// `since`: where the windows of a new key begin.
  bool fires(const scenario::Trigger& trigger, int line, std::string_view key, Moment since,
             Moment now);

 private:
  struct Count {
    std::uint64_t times = 0;
    Moment since{};
  };
  std::uint64_t seed_;
  std::string key_; // kept for its memory
  KeyTable<Count> counts_;
};

/// What a rule is counted by, as a text: of bounded length, whatever the client sends.
void append_key(scenario::Per per, const Context& context, std::string& out);

} // namespace tempfail::state
