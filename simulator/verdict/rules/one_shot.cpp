// What a sender that tries once does apart from what it says: whether it can be used again after a failure, whether it
// sends again by itself, and whether it comes to its end.
#include "verdict/claims.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace tempfail::verdict {
namespace {

using journal::event::Process;
using journal::event::ProcessEnd;
using scenario::Level;

bool is_failed(const Case& observed, const Message& message) {
  return std::any_of(message.deliveries.begin(), message.deliveries.end(),
                     [&](const Delivery& delivery) {
                       const ActualResult result = actual_result_of(observed, delivery);
                       return result == ActualResult::deferred ||
                              result == ActualResult::rejected || result == ActualResult::in_doubt;
                     });
}

/// Nothing of the message came to the server, or what came was broken off although nothing was wrong.
bool was_lost_on_the_way(const Case& observed, const Message& message) {
  return std::all_of(message.deliveries.begin(), message.deliveries.end(),
                     [&](const Delivery& delivery) {
                       return actual_result_of(observed, delivery) == ActualResult::left_by_sender;
                     });
}

/// Of connections that failed before MAIL nobody knows which message they were for. Whether there were as many as
/// messages of which nothing else came.
bool may_have_failed_before_mail(const Case& observed) {
  const auto connections =
      std::count_if(observed.sessions.begin(), observed.sessions.end(),
                    [](const Session& session) { return session.transactions.empty(); });
  const auto messages =
      std::count_if(observed.messages.begin(), observed.messages.end(), [](const Message& message) {
        return std::none_of(
            message.deliveries.begin(), message.deliveries.end(), [](const Delivery& delivery) {
              return std::any_of(delivery.tries.begin(), delivery.tries.end(),
                                 [](const Try& t) { return t.transaction != nullptr; });
            });
      });
  return connections >= messages;
}

Check next_message(const Case& observed, const scenario::Expectation*) {
  if (observed.role != Role::one_shot) return {};
  Failures failures;
  Check check;
  std::map<const Process*, const Message*> failed; ///< the last failure of each process
  for (const Message& message : observed.messages) {
    const Process* const process =
        message.handover == nullptr ? nullptr : observed.process_end(message);
    if (process == nullptr) continue;
    const Message*& before = failed[process];
    if (before != nullptr && process->ended == ProcessEnd::itself) {
      const std::string after = "after message " + std::string(before->handover->id) +
                                " had failed, message " + std::string(message.handover->id);
      std::vector<Evidence> shown;
      if (!before->deliveries.front().tries.empty())
        shown.push_back(evidence(observed, before->deliveries.front().tries.back()));
      if (was_lost_on_the_way(observed, message) && may_have_failed_before_mail(observed))
        check = Check::not_applicable(
            "connections failed before MAIL, so which message they were for is unknown");
      else if (was_lost_on_the_way(observed, message))
        failures.add(after + " never reached the server", {}, std::move(shown));
      else if (check.outcome == Outcome::not_applicable)
        check = Check::pass(after + " reached the server", std::move(shown));
    }
    if (is_failed(observed, message)) before = &message;
  }
  return failures.empty() ? check : failures.check();
}

/// The least that passes before a sender is said to have tried again as a queue would. A program that does not scale
/// its time-outs does not scale its pauses, either: they are real.
Duration a_queues_pause(const Case& observed) {
  const Duration least = std::max<Duration>(std::chrono::minutes(1), machine_tolerance(observed));
  if (observed.has_scaled_timeouts()) return least;
  return std::max(least, observed.in_protocol_time(std::chrono::seconds(10)));
}

Check no_blind_resend(const Case& observed, const scenario::Expectation*) {
  // Who was not declared to try once may have gone on to the domain's next host.
  if (observed.role != Role::one_shot || !observed.role_is_declared) return {};
  Failures failures;
  Check check;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    for (std::size_t i = 0; i < delivery.tries.size(); ++i) {
      const Try& doubtful = delivery.tries[i];
      const bool no_answer =
          (doubtful.result == TryResult::no_valid_reply && content_was_complete(doubtful)) ||
          doubtful.reply_lost;
      if (!no_answer) continue;
      const bool again = i + 1 < delivery.tries.size() &&
                         doubtful.was_over_before(delivery.tries[i + 1]) &&
                         delivery.tries[i + 1].begin - doubtful.end < a_queues_pause(observed);
      if (again)
        failures.add(message, delivery,
                     message_for(delivery) +
                         " was sent again at once, although the server may have accepted the first "
                         "copy",
                     {}, {evidence(observed, doubtful), evidence(observed, delivery.tries[i + 1])});
      else
        check = Check::pass("the message was not sent again: the caller decides");
    }
  });
  return failures.empty() ? check : failures.check();
}

/// When the last connection was closed; nothing: one was open to the end, or none came.
std::optional<Moment> all_closed(const Case& observed) {
  std::optional<Moment> last;
  for (const Session& session : observed.sessions) {
    if (!session.end) return std::nullopt;
    last = std::max(last.value_or(Moment::min()), *session.end);
  }
  return last;
}

Check ends_in_time(const Case& observed, const scenario::Expectation*) {
  // Who was not declared to try once may have meant to try again.
  if (observed.role != Role::one_shot || !observed.role_is_declared) return {};
  constexpr Duration long_enough = std::chrono::minutes(10);
  const Duration least = std::max(long_enough, observed.in_protocol_time(std::chrono::seconds(5)));
  Check check;
  for (const journal::Event* event : observed.processes) {
    const auto& process = std::get<Process>(event->body);
    if (process.started) continue;
    if (process.ended == ProcessEnd::itself) {
      if (check.outcome == Outcome::not_applicable)
        check = Check::pass("the command ended by itself");
      continue;
    }
    const auto closed = all_closed(observed);
    if (closed && event->time - *closed >= least)
      return Check::fail("the command was still running " + in_words(event->time - *closed) +
                             " after its last connection was closed, and was ended by tempfail",
                         {evidence(*event)});
    check =
        Check::undecided("the command was still running when tempfail ended it; give it more time "
                         "with --watch-time and --timeout, or a smaller --time-scale",
                         {evidence(*event)});
  }
  return check;
}

constexpr std::array one_shot_table = {
    Rule{{"next-message",
          "After a failure, the next message of the same process reaches the server.",
          "practice: no standard mentions it", Keyword::practice, Level::must, true,
          "a program that sends several messages loses all that follow the failure"},
         next_message},
    Rule{{"no-blind-resend", "A message that may have been accepted is not sent again at once.",
          "RFC 5321 section 4.5.4.1", Keyword::must, Level::must, true},
         no_blind_resend},
    Rule{{"ends-in-time", "The command ends by its own timeouts.", "RFC 5321 section 4.5.3.2",
          Keyword::must, Level::must, true},
         ends_in_time},
};

} // namespace

std::span<const Rule> one_shot_rules() {
  return one_shot_table;
}

} // namespace tempfail::verdict
