// Rules, and what can be said of a rule by itself.
#include "scenario/read_rule.hpp"

#include "scenario/read_trigger.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tempfail::scenario {
namespace {

bool only_on(const Rule& rule, Stage stage) {
  return std::all_of(rule.stages.begin(), rule.stages.end(), [&](Stage on) { return on == stage; });
}

bool has_stage(const Rule& rule, Stage stage) {
  return std::find(rule.stages.begin(), rule.stages.end(), stage) != rule.stages.end();
}

void read_stages(const Map& map, ReadRule& into, Mistakes& mistakes) {
  const Value* const on = map.find("on");
  if (on == nullptr) return;
  for_one_or_many(*on, "stage", mistakes, [&](const Value& item) {
    const auto index = read_word(item, stage_names, "stage", mistakes);
    if (!index) return;
    const auto stage = static_cast<Stage>(*index);
    if (has_stage(into.rule, stage))
      mistakes.add(item.at, "the stage " + shown(item) + " is named twice");
    else
      into.rule.stages.push_back(stage);
  });
}

void read_per(const Map& map, Trigger& trigger, Mistakes& mistakes) {
  const Member* const per = map.find_member("per");
  if (per == nullptr) return;
  trigger.per = read_named(per->value, per_words, "value of `per`", mistakes);
  const bool counted = map.has("attempts") || map.has("times") || map.has("every") ||
                       map.has("chance") || map.has("during");
  if (!counted)
    mistakes.add(per->at, "`per` has no effect without a trigger",
                 "times, attempts, every, chance, during");
}

/// Bytes of content, or a silence.
void read_after(const Map& map, ReadRule& into, Mistakes& mistakes) {
  Rule& rule = into.rule;
  const Member* const after = map.find_member("after");
  if (after == nullptr) {
    if (has_stage(rule, Stage::idle))
      mistakes.add(into.at, "an instruction at idle needs `after`, the length of the silence",
                   "after: 30s");
    return;
  }
  if (rule.stages.empty()) return;
  if (only_on(rule, Stage::content))
    rule.after_bytes = read_size(after->value, mistakes).value_or(0);
  else if (only_on(rule, Stage::idle))
    rule.after_idle = read_positive_duration(after->value, mistakes).value_or(Duration(1));
  else
    mistakes.add(after->at, "`after` belongs to the stage content (bytes) or idle (a duration)",
                 "on: content, on: idle");
}

/// What the rule fires in spite of.
void read_even(const Map& map, ReadRule& into, Mistakes& mistakes) {
  const Member* const even = map.find_member("even");
  if (even == nullptr || !read_word(even->value, even_words, "exception", mistakes)) return;
  into.rule.out_of_sequence = true;
  constexpr Stages in_order = all_stages.without({Stage::connect, Stage::greeting, Stage::handshake,
                                                  Stage::content, Stage::quit, Stage::idle});
  for (const Stage stage : into.rule.stages)
    if (!in_order.has(stage))
      mistakes.add(even->at, "`even` can't be used at " + std::string(to_string(stage)),
                   "at " + in_order.names());
}

void read_all_actions(const Map& map, const Value& value, ReadRule& into, Mistakes& mistakes) {
  ReadActions read;
  std::vector<const Member*> written;
  for (const Member& member : value.members)
    if (member.key == "do" ||
        std::find(action_keys.begin(), action_keys.end(), member.key) != action_keys.end())
      written.push_back(&member);
  if (written.empty() && !map.has_unknown()) // of an unknown key more is known already
    mistakes.add(map.at(), "the instruction does nothing: it has no action",
                 "do, " + join(action_keys));
  if (written.size() > 1)
    mistakes.add(written[1]->at, "several actions need an order", "do: [ … ]");
  for (const Member* const member : written) {
    if (member->key == "do")
      read_actions(member->value, read, mistakes);
    else
      read.add(faults::read(member->key, member->value, mistakes), member->at);
  }
  into.rule.actions = std::move(read.actions);
  into.action_places = std::move(read.places);
}

} // namespace

ReadRule read_rule(const Value& value, Mistakes& mistakes) {
  const std::size_t mistakes_before = mistakes.count();
  ReadRule read;
  read.at = value.at;
  read.rule.line = value.at.line;
  const Map map(value, map_kind("rule"), mistakes);
  if (!value.is_map()) return read;
  read_stages(map, read, mistakes);
  if (const Value* const when = map.find("when")) {
    ReadCondition condition;
    read_condition(*when, condition, mistakes);
    read.rule.when = std::move(condition.tests);
    read.condition_places = std::move(condition.places);
  }
  read_trigger(map, read.rule.trigger, mistakes);
  read_per(map, read.rule.trigger, mistakes);
  read_after(map, read, mistakes);
  read_even(map, read, mistakes);
  read_all_actions(map, value, read, mistakes);
  read.complete = mistakes.count() == mistakes_before;
  return read;
}

} // namespace tempfail::scenario
