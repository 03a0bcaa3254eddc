// How often, and since when, a rule has come up for what it is counted per, and whether it fires this time. Pure.
#pragma once

#include "scenario/model.hpp"
#include "state/key_context.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::state {

/// Of one key; as made by default: never counted.
struct RuleCount {
  std::uint64_t times = 0;
  Moment since{}; ///< where its windows begin
  bool operator==(const RuleCount&) const = default;
};

/// One more time. `since`: where the windows of a new key begin.
RuleCount count_once_more(RuleCount count, Moment since);

/// Whether the trigger fires the time that `count` has just counted. `line` and `key` are the rule's, for its chances.
bool fires(const scenario::Trigger& trigger, std::uint64_t seed, int line, std::string_view key,
           const RuleCount& count, Moment now);

/// What a rule is counted by, as a text: of bounded length, whatever the client sends.
void append_key(scenario::KeyedBy per, const KeyContext& context, std::string& out);

} // namespace tempfail::state
