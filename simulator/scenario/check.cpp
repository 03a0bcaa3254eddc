// Checks across a scenario. Each message says why the thing can't work, and what would.
#include "scenario/check.hpp"

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
constexpr Stages from_rcpt = {Stage::rcpt, Stage::data, Stage::content, Stage::message};
constexpr Stages from_content = {Stage::content, Stage::message};
constexpr Stages only_message = {Stage::message};

/// At which stages a test has something to look at.
struct StagesOf {
  Stages operator()(const TextTest& test) const {
    switch (test.field) {
    case TextField::helo: return everywhere.without(before_ehlo);
    case TextField::verb: return everywhere.without(without_command);
    case TextField::sender: return everywhere.without(before_mail);
    case TextField::recipient: return from_rcpt;
    }
    return everywhere;
  }
  Stages operator()(const HeaderTest& /*test*/) const { return only_message; }
  Stages operator()(const ClientTest& /*test*/) const { return everywhere; }
  Stages operator()(const NumberTest& test) const {
    if (test.operand == Operand::mailbox_free) return from_rcpt;
    switch (test.field) {
    case NumberField::declared_size: return transaction;
    case NumberField::size: return from_content;
    case NumberField::received_fields: return only_message;
    case NumberField::recipients: return everywhere.without(before_mail);
    default: return everywhere;
    }
  }
  Stages operator()(const FlagTest& test) const {
    const bool of_mail = test.field == FlagField::smtputf8 || test.field == FlagField::eight_bit;
    return of_mail ? transaction : everywhere;
  }
  Stages operator()(const StateTest& test) const {
    switch (test.field) {
    case StateField::mailbox_full:
    case StateField::mailbox_busy:
    case StateField::greylist_early: return from_rcpt;
    case StateField::charset_missing: return only_message;
    default: return everywhere;
    }
  }
};

void check_conditions(const ReadRule& rule, Mistakes& mistakes) {
  for (std::size_t i = 0; i < rule.rule.when.size(); ++i) {
    const Stages known = std::visit(StagesOf{}, rule.rule.when[i]);
    for (const Stage stage : rule.rule.stages)
      if (!known.has(stage))
        mistakes.add(rule.condition_places[i],
                     "at " + std::string(to_string(stage)) +
                         " this is not yet, or no longer, known",
                     "at " + known.names());
  }
}

/// An action at a stage where it has no meaning.
void check_stages(const Rule& rule, const Action& action, Place at, Mistakes& mistakes) {
  const faults::Kind& kind = faults::kind_of(action);
  for (const Stage stage : rule.stages) {
    if (kind.stages.has(stage)) continue;
    const std::string there =
        kind.instead.empty() ? "at " + kind.stages.names() : std::string(kind.instead);
    mistakes.add(at, std::string(kind.not_elsewhere) + " at " + std::string(to_string(stage)), there);
  }
}

/// Whether the client is told something once `index` of the rule's actions are done.
bool says_something_after(const Rule& rule, std::size_t index) {
  bool own_reply = true;
  for (std::size_t i = 0; i < rule.actions.size(); ++i) {
    const Action& action = rule.actions[i];
    if (i >= index && faults::kind_of(action).says != faults::Says::nothing) return true;
    own_reply =
        own_reply && faults::consequence_of(action).own_reply == faults::OwnReply::follows;
  }
  return own_reply;
}

void check_actions(const ReadRule& read, Mistakes& mistakes) {
  const Rule& rule = read.rule;
  bool ended = false;
  bool replied = false;
  for (std::size_t i = 0; i < rule.actions.size(); ++i) {
    const Action& action = rule.actions[i];
    const faults::Kind& kind = faults::kind_of(action);
    const Place at = read.action_places[i];
    if (ended) mistakes.add(at, "this action comes after the session's end and never happens");
    ended = ended || faults::consequence_of(action).connection == faults::Connection::ended;
    check_stages(rule, action, at, mistakes);
    if (kind.changes_reply && !says_something_after(rule, i + 1))
      mistakes.add(at, "no reply comes after this action, which would change it",
                   "`" + std::string(kind.key) + "` before the reply");
    if (kind.says != faults::Says::reply) continue;
    if (replied) mistakes.add(at, "a second reply to one command", "`raw` for what no server says");
    replied = true;
  }
}

/// Whether `first` fires whenever `second` would, so that `second` never has its turn at `stage`.
bool hides(const Rule& first, const Rule& second, Stage stage) {
  const bool there =
      std::find(first.stages.begin(), first.stages.end(), stage) != first.stages.end();
  return there && first.when.empty() && first.trigger.always() &&
         first.after_bytes <= second.after_bytes && first.after_idle <= second.after_idle;
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
    mistakes.add(rule.at, "this rule is never reached: the rule in line " + std::to_string(by) +
                              " always comes first");
}

/// The block a state needs: its key under `server`, or that and one of its own keys.
std::string_view block_of(StateField field) {
  switch (field) {
  case StateField::spool_full: return "spool";
  case StateField::mailbox_full: return "mailboxes.quota";
  case StateField::mailbox_busy: return "mailboxes.busy";
  case StateField::greylist_early: return "greylist";
  case StateField::queue_stopped: return "queue";
  case StateField::scanner_down: return "scanner";
  case StateField::rate_over: return "rate";
  case StateField::charset_missing: return "charsets";
  }
  return {};
}

/// The block a test needs; empty when it needs none.
std::string_view block_of(const Test& test) {
  if (const auto* const state = std::get_if<StateTest>(&test)) return block_of(state->field);
  if (const auto* const number = std::get_if<NumberTest>(&test)) {
    if (number->operand == Operand::spool_free) return "spool";
    if (number->operand == Operand::mailbox_free) return "mailboxes.quota";
  }
  return {};
}

/// Whether the server has the block "spool" or "mailboxes.quota".
bool has_block(const Map& map, const Server& server, std::string_view block) {
  const std::size_t point = block.find('.');
  if (!map.has(block.substr(0, point))) return false;
  if (point == std::string_view::npos || !server.mailboxes) return true;
  return block.substr(point + 1) == "quota" ? server.mailboxes->quota.has_value()
                                            : server.mailboxes->busy.has_value();
}

} // namespace

void check_rules(const std::vector<ReadRule>& rules, Mistakes& mistakes) {
  std::set<int> lines;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const ReadRule& rule = rules[i];
    if (!lines.insert(rule.at.line).second)
      mistakes.add(rule.at, "a rule goes by its line: no two can begin on the same one");
    check_conditions(rule, mistakes);
    check_actions(rule, mistakes);
    if (rule.complete) check_reachable(rules, i, mistakes);
  }
}

void check_states(const Map& map, const Server& server, const std::vector<ReadRule>& rules,
                  Mistakes& mistakes) {
  std::set<std::string_view> asked;
  for (const ReadRule& rule : rules) {
    for (std::size_t i = 0; i < rule.rule.when.size(); ++i) {
      const std::string_view block = block_of(rule.rule.when[i]);
      if (block.empty()) continue;
      asked.insert(block);
      if (!has_block(map, server, block))
        mistakes.add(rule.condition_places[i], "the server has no `" + std::string(block) + "`",
                     "server: {" + std::string(block.substr(0, block.find('.'))) + ": …}");
    }
  }
  if (!mistakes.none()) return; // what could not be read may well ask for it
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> blocks = {{
      {"spool", "spool: full"},
      {"mailboxes.quota", "mailbox: full"},
      {"mailboxes.busy", "mailbox: busy"},
      {"greylist", "greylist: early"},
      {"queue", "queue: stopped"},
      {"scanner", "scanner: down"},
      {"rate", "rate: over"},
      {"charsets", "charset: missing"},
  }};
  for (const auto& [block, condition] : blocks) {
    if (asked.contains(block) || !has_block(map, server, block)) continue;
    const Member* const member = map.find_member(block.substr(0, block.find('.')));
    mistakes.add(member->at,
                 "no rule asks for `" + std::string(block) + "`: it would change nothing",
                 "a rule with when: {" + std::string(condition) + "}");
  }
}

} // namespace tempfail::scenario
