// The decisions a policy stands for. No clock, no queue, no chance but the seed's.
#include "client/policy/policy.hpp"

#include "client/base/random.hpp"
#include "client/base/text.hpp"

#include <algorithm>
#include <cmath>

namespace tempfail::client {
namespace {

template <typename T>
bool holds(const std::vector<T>& list, const T& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

Duration scaled(Duration duration, double factor) {
  return Duration{std::llround(static_cast<double>(duration.count()) * factor)};
}

Decision fail(const Rule& rule, const Status& status, std::string why) {
  Decision decision;
  decision.rule = rule.name;
  decision.report = status;
  decision.why = std::move(why);
  return decision;
}

/// The status of a notification that says the queue gave up. Where a server said something all
/// along, the time in the queue is the failure (4.4.7); where none ever did, its silence is
/// (4.4.1, 4.4.2, 4.4.3).
Status expired_status(const Policy& policy, const RecipientResult& result) {
  return result.replied && policy.expired ? *policy.expired : result.status;
}

} // namespace

bool StatusPattern::matches(const Status& status) const {
  return (!class_digit || *class_digit == status.class_digit) &&
         (!subject || *subject == status.subject) && (!detail || *detail == status.detail);
}

bool Condition::matches(const RecipientResult& result) const {
  const bool status_fits =
      statuses.empty() || std::any_of(statuses.begin(), statuses.end(), [&](const auto& pattern) {
        return pattern.matches(result.status);
      });
  const std::string code = std::to_string(result.code);
  const bool code_fits =
      codes.empty() || std::any_of(codes.begin(), codes.end(),
                                   [&](const auto& prefix) { return code.starts_with(prefix); });
  return status_fits && code_fits && holds(failures, result.failure) && holds(stages, result.stage);
}

std::optional<Duration> Schedule::wait(unsigned step) const {
  if (step == 0) step = 1;
  if (!waits.empty()) {
    return step <= waits.size() ? std::optional{waits[step - 1]} : std::nullopt;
  }
  const double wanted = static_cast<double>(first.count()) * std::pow(factor, step - 1);
  // Compared as floating point: after enough steps the power is beyond any integer.
  if (wanted >= static_cast<double>(longest.count())) return longest;
  return Duration{std::llround(wanted)};
}

std::optional<Schedule::Bounds> Schedule::bounds(unsigned step) const {
  const auto plain = wait(step);
  if (!plain) return std::nullopt;
  if (!waits.empty()) return Bounds{*plain, scaled(*plain, 1 + jitter)};
  // At the upper end the spread goes downward: the longest wait is a promise, never below the
  // first.
  const Duration latest = std::min(longest, scaled(*plain, 1 + jitter));
  const Duration earliest =
      std::max(std::min(first, latest), std::min(*plain, scaled(latest, 1 / (1 + jitter))));
  return Bounds{earliest, latest};
}

const Rule& rule_for(const Policy& policy, const RecipientResult& result) {
  for (const Rule& rule : policy.rules) {
    if (rule.when.matches(result)) return rule;
  }
  return policy.rules.back(); // the loader sees to it that the last one matches everything
}

Decision decide(const Policy& policy, RetryState& state, const RecipientResult& result, Moment now,
                std::uint64_t seed) {
  const Rule& rule = rule_for(policy, result);
  const unsigned step = ++state.rule_tries[rule.name];
  if (result.fate == Fate::permanent) {
    return fail(rule, result.status, "permanent: not tried again");
  }
  if (policy.once) return fail(rule, expired_status(policy, result), "--once: one try, no more");
  if (rule.tries != 0 && step >= rule.tries) {
    return fail(rule, expired_status(policy, result),
                "rule " + rule.name + ": failed after " + std::to_string(step) +
                    (step == 1 ? " try" : " tries"));
  }
  const auto bounds = rule.schedule.bounds(step);
  if (!bounds) {
    return fail(rule, expired_status(policy, result),
                "rule " + rule.name + ": its schedule is used up after " + std::to_string(step) +
                    " tries");
  }
  Random random{seed ^ (std::uint64_t{state.tries} << 32U)};
  random.next();
  const auto spread = static_cast<double>((bounds->latest - bounds->earliest).count());
  const Duration wait = bounds->earliest + Duration{std::llround(spread * random.fraction())};
  if (now + wait > state.accepted + policy.give_up_after) {
    return fail(rule, expired_status(policy, result),
                "the next try would come after the queue lifetime of " +
                    to_string(policy.give_up_after));
  }
  Decision decision;
  decision.retry = true;
  decision.next = now + wait;
  decision.rule = rule.name;
  decision.report = result.status;
  decision.why = "rule " + rule.name + ": next try in " + approximate(wait);
  return decision;
}

DeliverySettings settings_for(const Policy& policy, const DeliverySettings& usual, unsigned tries,
                              Failure last) {
  std::vector<const Alternative*> turns;
  unsigned first = 0;
  for (const Alternative& alternative : policy.alternatives) {
    if (tries < alternative.after || !holds(alternative.failures, last)) continue;
    first = turns.empty() ? alternative.after : std::min(first, alternative.after);
    turns.push_back(&alternative);
  }
  if (turns.empty()) return usual;
  turns.push_back(nullptr); // the usual settings have their turn too: the host may be back
  const Alternative* chosen = turns[(tries - first) % turns.size()];
  DeliverySettings settings = usual;
  if (chosen == nullptr) return settings;
  if (!chosen->host.empty()) settings.next_hop.host = chosen->host;
  settings.next_hop.port = chosen->port.value_or(settings.next_hop.port);
  settings.next_hop.implicit_tls = chosen->implicit_tls.value_or(settings.next_hop.implicit_tls);
  settings.tls = chosen->tls.value_or(settings.tls);
  settings.pipelining = chosen->pipelining.value_or(settings.pipelining);
  settings.chunking = chosen->chunking.value_or(settings.chunking);
  return settings;
}

} // namespace tempfail::client
