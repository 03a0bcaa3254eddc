// The parts of findings, and the table of all rules.
#include "verdict/rule.hpp"

namespace tempfail::verdict {
namespace {

std::vector<Rule> joined() {
  std::vector<Rule> rules;
  for (const auto group :
       {connection_rules(), retry_rules(), pause_rules(), timing_rules(), delivery_rules(),
        content_rules(), notification_rules(), truth_rules(), report_rules(), claim_rules(),
        one_shot_rules(), conduct_rules(), patience_rules(), protocol_rules(), tls_rules(),
        loop_rules(), host_rules(), dead_host_rules(), name_rules()})
    rules.insert(rules.end(), group.begin(), group.end());
  return rules;
}

} // namespace

Check Check::pass(std::string actual, std::vector<Evidence> evidence) {
  return {Outcome::pass, {}, std::move(actual), {}, std::move(evidence)};
}
Check Check::fail(std::string actual, std::vector<Evidence> evidence) {
  return {Outcome::fail, {}, std::move(actual), {}, std::move(evidence)};
}
Check Check::not_applicable(std::string actual) {
  return {Outcome::not_applicable, {}, std::move(actual), {}, {}, true};
}
Check Check::too_little_seen(std::string actual) {
  return {Outcome::not_applicable, {}, std::move(actual), {}, {}, false, true};
}
Check Check::undecided(std::string actual, std::vector<Evidence> evidence) {
  return {Outcome::undecided, {}, std::move(actual), {}, std::move(evidence)};
}
Check& Check::expecting(std::string text) {
  expected = std::move(text);
  return *this;
}
Check& Check::with_near_miss(std::string text) {
  near_miss = std::move(text);
  return *this;
}

std::span<const Rule> all_rules() {
  static const std::vector<Rule> rules = joined();
  return rules;
}

const Rule* find_rule(std::string_view id) {
  for (const Rule& rule : all_rules())
    if (rule.info.id == id) return &rule;
  return nullptr;
}

std::span<const RuleInfo> rules() {
  static const std::vector<RuleInfo> infos = [] {
    std::vector<RuleInfo> list;
    for (const Rule& rule : all_rules())
      list.push_back(rule.info);
    return list;
  }();
  return infos;
}

const RuleInfo* rule_info(std::string_view id) {
  const Rule* rule = find_rule(id);
  return rule == nullptr ? nullptr : &rule->info;
}

std::string reason_for(const RuleInfo& rule, scenario::Level level) {
  if (level == rule.level) return std::string(rule.reason);
  if (level == scenario::Level::should)
    return {}; // lowered by the scenario: the reason spoke of a MUST
  return "the scenario requires it as a MUST";
}

std::string distance_from_range(Duration value, const scenario::Range<Duration>& range,
                                std::string_view below, std::string_view above) {
  if (value < range.min) return in_words(range.min - value) + " " + std::string(below);
  if (range.max && value > *range.max)
    return in_words(value - *range.max) + " " + std::string(above);
  return {};
}

std::string with_count_of_others(std::string actual, std::size_t count) {
  if (count > 1) actual += " (and " + std::to_string(count - 1) + " more of the same kind)";
  return actual;
}

AffectedDelivery affected_delivery(const Message& message, const Delivery& delivery) {
  return {std::string(message.handover != nullptr ? message.handover->id : message.sender),
          delivery.recipient};
}

void Failures::add(std::string actual, std::string near_miss, std::vector<Evidence> evidence) {
  add(std::vector<AffectedDelivery>(), std::move(actual), std::move(near_miss),
      std::move(evidence));
}

void Failures::add(const Message& message, const Delivery& delivery, std::string actual,
                   std::string near_miss, std::vector<Evidence> evidence) {
  add(std::vector{affected_delivery(message, delivery)}, std::move(actual), std::move(near_miss),
      std::move(evidence));
}

void Failures::add(std::vector<AffectedDelivery> of, std::string actual, std::string near_miss,
                   std::vector<Evidence> evidence) {
  constexpr std::size_t most = 1000; // more are counted, and not told apart
  is_known_of_all_ = is_known_of_all_ && !of.empty() && count_ < most;
  if (count_++ == 0) {
    first_ = Check::fail(actual, evidence);
    first_.near_miss = near_miss;
  }
  if (is_known_of_all_)
    first_.violations.push_back(
        {std::move(of), std::move(actual), std::move(near_miss), std::move(evidence)});
  else
    first_.violations.clear();
}

Check Failures::check() const {
  Check check = first_;
  check.actual = with_count_of_others(std::move(check.actual), count_);
  return check;
}

} // namespace tempfail::verdict
