// Evaluates tests. A missed kind of test is a compile error: std::visit has no default.
#include "session/conditions.hpp"

#include "mime/charsets.hpp"
#include "scenario/address_range.hpp"
#include "scenario/glob.hpp"
#include "wire/data_reader.hpp"

#include <algorithm>

namespace tempfail::session {

using scenario::NumberField;
using scenario::StateField;
using scenario::TextField;

namespace {

bool matches_any(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [text](const std::string& glob) {
    return scenario::glob_matches(glob, text);
  });
}

bool compare(std::uint64_t left, scenario::Comparison comparison, std::uint64_t right) {
  switch (comparison) {
  case scenario::Comparison::less: return left < right;
  case scenario::Comparison::less_equal: return left <= right;
  case scenario::Comparison::equal: return left == right;
  case scenario::Comparison::not_equal: return left != right;
  case scenario::Comparison::greater_equal: return left >= right;
  case scenario::Comparison::greater: return left > right;
  }
  return false;
}

/// The current recipient, or else the first accepted one.
std::string_view main_recipient(const RuleInput& at) {
  if (!at.recipient.empty() || at.recipients.empty()) return at.recipient;
  return at.recipients.front();
}

state::KeyContext context_of(const RuleInput& at) {
  state::KeyContext context;
  context.client = at.client;
  context.connection = at.connection;
  context.sender = at.sender;
  context.has_sender = at.has_sender;
  context.recipient = main_recipient(at);
  context.envelope_recipients = at.envelope_recipients;
  context.message = at.message;
  return context;
}

/// Evaluates one test after the other.
class Evaluator {
 public:
  Evaluator(const RuleInput& at, const scenario::Server& server, state::ServerState& state)
      : at_(at), server_(server), state_(state) {}

  bool operator()(const scenario::TextTest& test) const { return matches(test) != test.negated; }

  bool operator()(const scenario::HeaderTest& test) const {
    const std::string value = wire::header_field(at_.headers, test.name);
    return (!value.empty() && matches_any(test.globs, value)) != test.negated;
  }

  bool operator()(const scenario::ClientTest& test) const {
    const bool inside = std::any_of(test.address_ranges.begin(), test.address_ranges.end(),
                                    [this](const std::string& range) {
                                      return scenario::address_range_contains(range, at_.client);
                                    });
    return inside != test.negated;
  }

  bool operator()(const scenario::NumberTest& test) const {
    return compare(number(test.field), test.comparison, operand(test));
  }

  bool operator()(const scenario::FlagTest& test) const { return flag(test.field) == test.value; }

  bool operator()(const scenario::StateTest& test) const {
    switch (test.field) {
    case StateField::spool_full: return state_.spool_full(incoming(), at_.now);
    case StateField::mailbox_full:
      return any_recipient([this](std::string_view recipient) {
        return state_.mailbox_full(recipient, incoming(), at_.now);
      });
    case StateField::mailbox_busy:
      return any_recipient(
          [this](std::string_view recipient) { return state_.mailbox_busy(recipient, at_.now); });
    case StateField::greylist_early: return state_.greylist_early(context_of(at_), at_.now);
    case StateField::queue_stopped: return state_.queue_stopped(at_.now);
    case StateField::scanner_down: return state_.scanner_down(at_.now);
    case StateField::rate_over: return state_.rate_over(at_.client, at_.now);
    case StateField::charset_missing: return charset_missing();
    }
    return false;
  }

 private:
  template <typename Predicate>
  bool any_recipient(Predicate predicate) const {
    if (!at_.recipient.empty()) return predicate(at_.recipient);
    return std::any_of(at_.recipients.begin(), at_.recipients.end(), predicate);
  }

  bool matches(const scenario::TextTest& test) const {
    switch (test.field) {
    case TextField::helo: return matches_any(test.globs, at_.helo);
    case TextField::verb: return matches_any(test.globs, at_.verb);
    case TextField::sender: return at_.has_sender && matches_any(test.globs, at_.sender);
    case TextField::recipient:
      return any_recipient(
          [&test](std::string_view recipient) { return matches_any(test.globs, recipient); });
    }
    return false;
  }

  /// Bytes that must fit: what arrived, or what was declared when that is more.
  std::uint64_t incoming() const { return std::max(at_.declared_size, at_.size); }

  std::uint64_t number(NumberField field) const {
    switch (field) {
    case NumberField::declared_size: return at_.declared_size;
    case NumberField::size: return at_.size;
    case NumberField::recipients: return at_.recipients.size();
    case NumberField::messages: return at_.messages;
    case NumberField::connections:
      return at_.open_connections ? at_.open_connections->client : state_.connections(at_.client);
    case NumberField::total_connections:
      return at_.open_connections ? at_.open_connections->total : state_.total_connections();
    case NumberField::received_fields: return at_.received_fields;
    case NumberField::commands: return at_.commands;
    }
    return 0;
  }

  std::uint64_t operand(const scenario::NumberTest& test) const {
    switch (test.operand) {
    case scenario::Operand::constant: return test.constant;
    case scenario::Operand::spool_free: return state_.spool_free(at_.now);
    case scenario::Operand::mailbox_free: return state_.mailbox_free(main_recipient(at_), at_.now);
    }
    return 0;
  }

  bool flag(scenario::FlagField field) const {
    switch (field) {
    case scenario::FlagField::tls: return at_.tls;
    case scenario::FlagField::authenticated: return at_.authenticated;
    case scenario::FlagField::smtputf8: return at_.smtputf8;
    case scenario::FlagField::eight_bit: return at_.eight_bit;
    }
    return false;
  }

  bool charset_missing() const {
    if (!server_.charsets) return false;
    const std::vector<std::string>& installed = *server_.charsets;
    const std::vector<std::string> used = mime::charsets_of(at_.content);
    return std::any_of(used.begin(), used.end(), [&installed](const std::string& charset) {
      return std::find(installed.begin(), installed.end(), charset) == installed.end();
    });
  }

  const RuleInput& at_;
  const scenario::Server& server_;
  state::ServerState& state_;
};

} // namespace

bool holds(const scenario::Condition& condition, const RuleInput& rule_input,
           const scenario::Server& server, state::ServerState& state) {
  const Evaluator evaluator(rule_input, server, state);
  return std::all_of(condition.begin(), condition.end(), [&evaluator](const scenario::Test& test) {
    return std::visit(evaluator, test);
  });
}

bool fires(const StageRule& rule, const RuleInput& rule_input, const scenario::Server& server,
           state::ServerState& state) {
  if (!holds(rule.rule->when, rule_input, server, state)) return false;
  if (rule.rule->trigger.always()) return true;
  return state.fires(*rule.rule, context_of(rule_input), rule_input.now);
}

} // namespace tempfail::session
