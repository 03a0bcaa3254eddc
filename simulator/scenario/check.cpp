// Checks across a scenario. Each message says why the thing can't work, and what would.
#include "scenario/check.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace tempfail::scenario {
namespace {

/// A set of stages.
class Stages {
 public:
  constexpr Stages(std::initializer_list<Stage> stages) {
    for (const Stage stage : stages)
      bits_ |= 1U << static_cast<unsigned>(stage);
  }
  constexpr bool has(Stage stage) const {
    return (bits_ >> static_cast<unsigned>(stage) & 1U) != 0;
  }
  constexpr Stages without(Stages other) const {
    Stages left{};
    left.bits_ = bits_ & ~other.bits_;
    return left;
  }
  std::string names() const {
    std::string text;
    for (std::size_t i = 0; i < stage_count; ++i)
      if (has(static_cast<Stage>(i)))
        text += (text.empty() ? "" : ", ") + std::string(stage_names[i]);
    return text;
  }

 private:
  unsigned bits_ = 0;
};

constexpr Stages everywhere = {
    Stage::connect, Stage::greeting, Stage::ehlo, Stage::starttls, Stage::handshake, Stage::auth,
    Stage::mail,    Stage::rcpt,     Stage::data, Stage::content,  Stage::message,   Stage::rset,
    Stage::noop,    Stage::vrfy,     Stage::quit, Stage::unknown,  Stage::idle};
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
constexpr Stages without_reply = {Stage::connect, Stage::handshake};

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

bool ends_session(const Action& action) {
  if (const auto* const stall = std::get_if<action::Stall>(&action)) return !stall->duration;
  return std::holds_alternative<action::Close>(action) ||
         std::holds_alternative<action::Reset>(action);
}

void check_actions(const ReadRule& rule, Mistakes& mistakes) {
  bool ended = false;
  bool replied = false;
  for (std::size_t i = 0; i < rule.rule.actions.size(); ++i) {
    const Action& action = rule.rule.actions[i];
    const Place at = rule.action_places[i];
    if (ended) mistakes.add(at, "this action comes after the session's end and never happens");
    ended = ended || ends_session(action);
    if (std::holds_alternative<action::Accept>(action))
      for (const Stage stage : rule.rule.stages)
        if (stage != Stage::message)
          mistakes.add(at, "there is no message to accept at " + std::string(to_string(stage)),
                       "at message");
    if (std::holds_alternative<action::Alert>(action) ||
        std::holds_alternative<action::CutHandshake>(action))
      for (const Stage stage : rule.rule.stages)
        if (stage != Stage::handshake)
          mistakes.add(at, "there is no handshake at " + std::string(to_string(stage)),
                       "at handshake");
    if (!std::holds_alternative<action::Reply>(action)) continue;
    if (replied) mistakes.add(at, "a second reply to one command", "`raw` for what no server says");
    replied = true;
    for (const Stage stage : rule.rule.stages)
      if (without_reply.has(stage))
        mistakes.add(at, "no reply is due at " + std::string(to_string(stage)),
                     "`raw`, or another stage");
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
