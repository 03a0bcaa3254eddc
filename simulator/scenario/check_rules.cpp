// Checks across a scenario. Each message says why the thing can't work, and what would.
#include "scenario/check_rules.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace tempfail::scenario {
namespace {

constexpr Stages before_ehlo = {Stage::connect, Stage::greeting};
constexpr Stages without_command = {Stage::connect, Stage::greeting, Stage::handshake,
                                    Stage::content, Stage::idle};
constexpr Stages before_mail = {Stage::connect,  Stage::greeting,  Stage::ehlo,
                                Stage::starttls, Stage::handshake, Stage::auth};
constexpr Stages transaction = {Stage::mail, Stage::rcpt, Stage::data, Stage::content,
                                Stage::message};
constexpr Stages from_content = {Stage::content, Stage::message};

/// At which stages a test has something to look at.
struct StagesOf {
  Stages operator()(const TextTest& test) const {
    switch (test.field) {
    case TextField::helo: return all_stages.without(before_ehlo);
    case TextField::verb: return all_stages.without(without_command);
    case TextField::sender: return all_stages.without(before_mail);
    case TextField::recipient: return stages_from_rcpt;
    }
    return all_stages;
  }
  Stages operator()(const HeaderTest& /*test*/) const { return message_stage_alone; }
  Stages operator()(const ClientTest& /*test*/) const { return all_stages; }
  Stages operator()(const NumberTest& test) const {
    if (test.operand == Operand::mailbox_free) return stages_from_rcpt;
    switch (test.field) {
    case NumberField::declared_size: return transaction;
    case NumberField::size: return from_content;
    case NumberField::received_fields: return message_stage_alone;
    case NumberField::recipients: return all_stages.without(before_mail);
    case NumberField::messages:
    case NumberField::connections:
    case NumberField::total_connections:
    case NumberField::commands: return all_stages;
    }
    return all_stages;
  }
  Stages operator()(const FlagTest& test) const {
    const bool of_mail = test.field == FlagField::smtputf8 || test.field == FlagField::eight_bit;
    return of_mail ? transaction : all_stages;
  }
  Stages operator()(const StateTest& test) const { return state_of(test.field).stages; }
};

void check_conditions(const ReadRule& rule, Mistakes& mistakes) {
  for (std::size_t i = 0; i < rule.rule.when.size(); ++i) {
    const Stages known = std::visit(StagesOf{}, rule.rule.when[i]);
    for (const Stage stage : rule.rule.stages)
      if (!known.has(stage))
        mistakes.add(rule.condition_places[i],
                     "at " + std::string(to_string(stage)) + " this value is not known",
                     "at " + known.names());
  }
}

/// An action at a stage where it has no meaning.
void check_stages(const Rule& rule, const Action& action, FilePosition at, Mistakes& mistakes) {
  const faults::FaultKind& kind = faults::kind_of(action);
  for (const Stage stage : rule.stages) {
    if (kind.stages.has(stage)) continue;
    const std::string there =
        kind.alternative.empty() ? "at " + kind.stages.names() : std::string(kind.alternative);
    mistakes.add(at, std::string(kind.why_not_elsewhere) + " at " + std::string(to_string(stage)),
                 there);
  }
}

/// Whether the client is told something once `index` of the rule's actions are done.
bool says_something_after(const Rule& rule, std::size_t index) {
  bool own_reply = true;
  for (std::size_t i = 0; i < rule.actions.size(); ++i) {
    const Action& action = rule.actions[i];
    if (i >= index && faults::kind_of(action).sends != faults::SentContent::nothing) return true;
    own_reply = own_reply && faults::consequence_of(action).own_reply == faults::OwnReply::follows;
  }
  return own_reply;
}

void check_actions(const ReadRule& read, Mistakes& mistakes) {
  const Rule& rule = read.rule;
  bool ended = false;
  bool replied = false;
  for (std::size_t i = 0; i < rule.actions.size(); ++i) {
    const Action& action = rule.actions[i];
    const faults::FaultKind& kind = faults::kind_of(action);
    const FilePosition at = read.action_places[i];
    if (ended) mistakes.add(at, "the session ends before this action, so it never happens");
    ended = ended || faults::consequence_of(action).connection == faults::ConnectionEffect::ended;
    check_stages(rule, action, at, mistakes);
    if (kind.changes_reply && !says_something_after(rule, i + 1))
      mistakes.add(at, "this action changes later replies, and none follows",
                   "`" + std::string(kind.key) + "` before the reply");
    if (kind.sends != faults::SentContent::reply) continue;
    if (replied)
      mistakes.add(at, "a second reply to one command",
                   "`raw` for anything else that the server should send");
    replied = true;
  }
}

/// Whether `first` fires whenever `second` would, so that `second` never has its turn at `stage`.
bool hides(const Rule& first, const Rule& second, Stage stage) {
  const bool there =
      std::find(first.stages.begin(), first.stages.end(), stage) != first.stages.end();
  return there && first.when.empty() && first.trigger.always() &&
         first.after_bytes <= second.after_bytes && first.after_idle <= second.after_idle &&
         (first.out_of_sequence || !second.out_of_sequence);
}

void check_reachable(const std::vector<ReadRule>& rules, std::size_t index, Mistakes& mistakes) {
  const ReadRule& rule = rules[index];
  std::size_t hidden = 0;
  int by = 0;
  for (const Stage stage : rule.rule.stages) {
    for (std::size_t i = 0; i < index; ++i) {
      if (!rules[i].complete || !hides(rules[i].rule, rule.rule, stage)) continue;
      ++hidden;
      by = rules[i].at.line;
      break;
    }
  }
  if (hidden > 0 && hidden == rule.rule.stages.size())
    mistakes.add(rule.at, "this instruction is never reached: the instruction in line " +
                              std::to_string(by) + " always comes first");
}

/// The state whose block a test needs; null when it needs none.
const State* state_for(const Test& test) {
  if (const auto* const state = std::get_if<StateTest>(&test)) return &state_of(state->field);
  const auto* const number = std::get_if<NumberTest>(&test);
  if (number == nullptr || number->operand == Operand::constant) return nullptr;
  const auto* const found =
      std::find_if(states.begin(), states.end(),
                   [number](const State& state) { return state.free_amount == number->operand; });
  return found == states.end() ? nullptr : found;
}

} // namespace

void check_rules(const std::vector<ReadRule>& rules, Mistakes& mistakes) {
  std::set<int> lines;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const ReadRule& rule = rules[i];
    if (!lines.insert(rule.at.line).second)
      mistakes.add(rule.at, "each instruction needs its own line, by which it is identified");
    check_conditions(rule, mistakes);
    check_actions(rule, mistakes);
    if (rule.complete) check_reachable(rules, i, mistakes);
  }
}

void check_states(const Map& map, const Server& server, const std::vector<ReadRule>& rules,
                  Mistakes& mistakes) {
  std::set<StateField> asked;
  for (const ReadRule& rule : rules) {
    for (std::size_t i = 0; i < rule.rule.when.size(); ++i) {
      const State* const state = state_for(rule.rule.when[i]);
      if (state == nullptr) continue;
      asked.insert(state->field);
      if (!state->is_configured(server))
        mistakes.add(rule.condition_places[i], "the server has no `" + state->needs() + "`",
                     "server: {" + std::string(state->block) + ": …}");
    }
  }
  if (!mistakes.none()) return; // what could not be read may well ask for it
  for (const State& state : states) {
    if (asked.contains(state.field) || !state.is_configured(server)) continue;
    mistakes.add(map.find_member(state.block)->at,
                 "no instruction asks for `" + state.needs() + "`: it would have no effect",
                 "an instruction with when: {" + std::string(state.key) + ": " +
                     std::string(state.word) + "}");
  }
}

} // namespace tempfail::scenario
