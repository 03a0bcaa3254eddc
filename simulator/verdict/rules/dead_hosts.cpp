// What a sender does about hosts that can't be reached: it goes on to others, remembers them, and lets no other mail
// wait.
#include "verdict/rule.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// Nothing could be said on it: no greeting came, or none that lets the client go on.
bool is_dead(const Session& session) {
  return session.transactions.empty() &&
         std::none_of(session.events.begin(), session.events.end(), [](const auto* event) {
           const auto* exchange = as_exchange(event);
           return exchange != nullptr && exchange->code >= 200 && exchange->code < 400;
         });
}

/// The hosts of a try and of its further steps, of which the last one came to nothing.
struct Round {
  std::set<std::string_view> hosts;
  const Try* first = nullptr;
  bool failed = false; ///< for the time being, at each of them
};

/// The first try with all its steps.
Round first_round(const Case& observed, const Delivery& delivery) {
  Round round;
  for (const Try& attempt : delivery.tries) {
    if (round.first != nullptr && attempt.is_new()) break;
    if (round.first == nullptr) round.first = &attempt;
    round.hosts.insert(observed.sessions[attempt.session].host);
    round.failed = is_temporary(attempt.result);
  }
  return round;
}

Check hosts_per_try(const Case& observed, const scenario::Expectation* expectation) {
  const auto& range = std::get<scenario::Range<std::uint64_t>>(expectation->value);
  const std::string expected =
      std::to_string(range.min) + " or more hosts before the sender pauses";
  Failures failures;
  std::size_t most = 0;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    // Later tries may leave out hosts that are known to be dead.
    const Round round = first_round(observed, delivery);
    if (!round.failed) return;
    most = std::max(most, round.hosts.size());
    if (round.hosts.size() < range.min)
      failures.add(message, delivery,
                   "the first try for " + name_of(delivery) + " ended after " +
                       std::to_string(round.hosts.size()) +
                       (round.hosts.size() == 1 ? " host" : " hosts"),
                   {}, {evidence(observed, *round.first)});
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (most == 0) return Check::not_applicable("no try failed at all hosts").expecting(expected);
  return Check::pass("the first try reached " + std::to_string(most) + " hosts")
      .expecting(expected);
}

/// How many messages the sender had been given by then.
std::size_t given_until(const Case& observed, Moment until) {
  return static_cast<std::size_t>(
      std::count_if(observed.messages.begin(), observed.messages.end(), [&](const Message& one) {
        if (one.handover == nullptr) return true;
        for (const journal::Event* event : observed.processes) {
          const auto& process = std::get<journal::event::Process>(event->body);
          if (has_word(process.handover, one.handover->id)) // it begins with this event
            return event->time <= until;
        }
        return true;
      }));
}

/// Each message had a command of its own, and no queue that all of them share.
bool know_nothing_of_each_other(const Case& observed) {
  std::set<std::string_view> started;
  for (const journal::Event* event : observed.processes) {
    const auto& process = std::get<journal::event::Process>(event->body);
    if (process.queue) return false;
    started.insert(process.handover);
  }
  const bool queues = observed.run != nullptr && observed.run->role == "queueing";
  return !queues && started.size() >= observed.messages.size();
}

/// Half an hour is the least that a sender waits between two tries at one message; in that time one that remembers
/// makes far fewer connections than it has messages.
Check dead_host_remembered(const Case& observed, const scenario::Expectation*) {
  constexpr Duration round_time = std::chrono::minutes(30);
  constexpr std::size_t least_messages = 10;
  const std::string expected = "at most half as many connections to a dead host as separate tries "
                               "for each message would make";
  if (observed.messages.size() < least_messages)
    return Check::too_little_seen("there were " + std::to_string(observed.messages.size()) +
                                  " messages, but at least " + std::to_string(least_messages) +
                                  " are needed to show whether the sender remembers a dead host")
        .expecting(expected);
  if (know_nothing_of_each_other(observed))
    return Check::not_applicable("each message had its own command, which can't know of the others")
        .expecting(expected);
  std::size_t connections = 0;
  std::size_t each_for_itself = 0;
  std::size_t rounds = 0;
  Moment round_end = Moment::min();
  std::vector<Evidence> shown;
  for (const Session& session : observed.sessions) {
    if (!is_dead(session)) continue;
    ++connections;
    shown.push_back(evidence(*session.events.front()));
    if (session.begin < round_end) continue;
    ++rounds;
    round_end = session.begin + round_time;
    each_for_itself += given_until(observed, round_end);
  }
  if (connections == 0) return Check::too_little_seen("no host failed").expecting(expected);
  const std::string actual = "the sender made " + std::to_string(connections) +
                             (connections == 1 ? " connection" : " connections") +
                             " to a dead host in " + std::to_string(rounds) +
                             (rounds == 1 ? " half hour" : " half hours") + ", with up to " +
                             std::to_string(observed.messages.size()) + " messages to send";
  if (2 * connections > each_for_itself)
    return Check::fail(actual, std::move(shown)).expecting(expected);
  return Check::pass(actual).expecting(expected);
}

/// Until when the first connection to a host lasted; nothing: there was none.
std::optional<Moment> end_of_first(const Case& observed, std::string_view host) {
  for (const Session& session : observed.sessions)
    if (session.host == host) return session.end.value_or(observed.last);
  return std::nullopt;
}

Check not_delayed_by(const Case& observed, const scenario::Expectation* expectation) {
  const auto& host = std::get<std::string>(expectation->value);
  const std::string expected =
      "messages are accepted while the first connection to " + host + " still hangs";
  const std::optional<Moment> until = end_of_first(observed, host);
  Failures failures;
  std::size_t arrived = 0;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const auto accepted =
        std::find_if(delivery.tries.begin(), delivery.tries.end(),
                     [](const Try& attempt) { return attempt.result == TryResult::accepted; });
    if (accepted == delivery.tries.end()) return;
    ++arrived;
    if (until && accepted->end > *until)
      failures.add(message, delivery,
                   message_for(delivery) + " waited for " + host + " and arrived " +
                       in_words(accepted->end - *until) + " after the sender gave up on that host",
                   {}, {evidence(observed, *accepted)});
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (!until) return Check::not_applicable(host + " was not contacted").expecting(expected);
  if (arrived == 0) return Check::not_applicable("nothing was accepted").expecting(expected);
  return Check::pass("all messages were accepted while the first connection to " + host + " hung")
      .expecting(expected);
}

constexpr std::array dead_hosts_table = {
    Rule{{"hosts-per-try",
          "When a host is not available, the sender tries others before it pauses.",
          "RFC 5321 section 5.1", Keyword::should, Level::should, false},
         hosts_per_try},
    Rule{{"dead-host-remembered",
          "A host that can't be reached is remembered, and not tried again for each message.",
          "RFC 5321 section 4.5.4.1", Keyword::should, Level::should, false},
         dead_host_remembered},
    Rule{{"not-delayed-by", "A host that hangs does not delay mail for other hosts.",
          "guides to mail queues; no RFC requires it", Keyword::practice, Level::should, false,
          "one dead host must not stop the mail for all others"},
         not_delayed_by},
};

} // namespace

std::span<const Rule> dead_host_rules() {
  return dead_hosts_table;
}

} // namespace tempfail::verdict
