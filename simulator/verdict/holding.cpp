// How long a rule held its answer back.
#include "verdict/holding.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

namespace action = scenario::action;

/// Adds up one action after the other.
class Sum {
 public:
  explicit Sum(const journal::event::Exchange& exchange) : exchange_(exchange) {}

  void operator()(const action::Delay& delay) { add(delay.min, delay.max); }
  void operator()(const action::Stall& stall) {
    if (stall.duration)
      add(*stall.duration, *stall.duration);
    else
      holding.endless = true;
  }
  void operator()(const action::StopReading& stop) {
    // Output goes on; only a client that has something to send notices.
    if (stop.duration)
      holding.not_reading = cut(holding.not_reading + *stop.duration);
    else
      holding.endless = true;
  }
  void operator()(const action::Drip& drip) {
    const std::uint64_t pieces = exchange_.reply.size() / std::max<std::uint64_t>(drip.bytes, 1);
    const Duration all = scenario::multiplied(drip.every, pieces);
    add(all, all + drip.every);
  }
  template <typename Other>
  void operator()(const Other&) {}

  Holding holding;

 private:
  /// A rule may have many waits: their sum stays one that can be added to a moment.
  static Duration cut(Duration sum) { return std::min(sum, scenario::longest_duration); }
  void add(Duration least, Duration most) {
    holding.least = cut(holding.least + least);
    holding.most = cut(holding.most + most);
  }

  const journal::event::Exchange& exchange_;
};

} // namespace

Holding holding_of(const Case& observed, const journal::event::Exchange& exchange) {
  if (exchange.rule == 0) return {};
  const auto& rules = observed.scenario->server.rules;
  const auto rule =
      std::find_if(rules.begin(), rules.end(),
                   [&exchange](const scenario::Rule& each) { return each.line == exchange.rule; });
  if (rule == rules.end()) {
    Holding unknown;
    for (const char* word : {"stall", "stop-reading", "delay", "drip"})
      unknown.endless = unknown.endless || did(exchange, word);
    return unknown;
  }
  Sum sum(exchange);
  for (auto each = rule->actions.begin(); each != rule->actions.end(); ++each) {
    // A wait in front of the greeting is over when the greeting is journaled.
    const bool is_first = each == rule->actions.begin();
    const bool before_greeting =
        exchange.stage == scenario::Stage::greeting || exchange.stage == scenario::Stage::connect;
    const auto* stall = std::get_if<action::Stall>(&*each);
    const bool is_wait = std::holds_alternative<action::Delay>(*each) ||
                         (stall != nullptr && stall->duration.has_value());
    if (is_first && before_greeting && is_wait) continue;
    std::visit(sum, *each);
  }
  return sum.holding;
}

} // namespace tempfail::verdict
