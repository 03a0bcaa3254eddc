// What a sender that tries once tells its caller, who decides by it whether to send again.
//
// A line of the result file is held against what became of its recipient, or of all of its message. An exit status
// speaks of all that the process was given: 0 says that everything was sent, any other that something was not.
#include "verdict/claims.hpp"
#include "verdict/notifications.hpp"
#include "verdict/rule.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// A recipient, what became of the message for it, and what was said.
struct Told {
  const Message* message = nullptr;
  const Delivery* delivery = nullptr;
  ActualResult result{};
  Claim claim;
  bool has_own_line =
      false; ///< `claim` is an exit status, and a line says what became of this recipient
};
/// Recipients of whom the same was said, by the same line or exit status. An exit status is about all that the command
/// was given, so those with lines of their own are among them: it is right if it is true for one of these.
using Group = std::vector<Told>;

/// Whose reports are judged. One that tries again by itself may report what it has come to think of a failure; that a
/// message was accepted is true whoever reports it.
enum class Reporters : std::uint8_t { one_shot, all };

/// What was said, by who said it.
std::vector<Group> groups_of(const Case& observed, Reporters reporters) {
  std::vector<Group> groups;
  const bool is_a_queue = observed.role_is_declared && observed.role == Role::queueing;
  if (reporters == Reporters::one_shot ? observed.role != Role::one_shot : is_a_queue)
    return groups;
  std::map<const void*, std::size_t> known;
  const Claims claims(observed);
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries) {
      const auto claim = claims.about(message, delivery);
      if (!claim) continue;
      const void* const speaker = claim->line != nullptr ? static_cast<const void*>(claim->line)
                                                         : static_cast<const void*>(claim->end);
      const auto [place, is_new] = known.emplace(speaker, groups.size());
      if (is_new) groups.emplace_back();
      groups[place->second].push_back(
          {&message, &delivery, actual_result_of(observed, delivery), *claim});
    }
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries) {
      const auto claim = claims.about(message, delivery);
      if (!claim || claim->line == nullptr || claim->end == nullptr) continue;
      const auto place = known.find(claim->end);
      if (place == known.end()) continue;
      Group& group = groups[place->second];
      group.push_back(
          {&message, &delivery, actual_result_of(observed, delivery), group.front().claim, true});
    }
  return groups;
}

template <typename Condition>
bool any(const Group& group, Condition&& condition) {
  return std::any_of(group.begin(), group.end(), condition);
}
bool any_is(const Group& group, ActualResult result) {
  return any(group, [result](const Told& told) { return told.result == result; });
}

std::vector<Evidence> shown(const Case& observed, const Told& told) {
  if (told.delivery->tries.empty()) return {};
  return {evidence(observed, told.delivery->tries.back())};
}

/// "the command ended with status 0, which reports that the message was sent, but b@rcpt.test was rejected".
std::string contradiction(const Told& told, std::string_view truth) {
  return told.claim.said_by() + (told.claim.line != nullptr ? " reports" : ", which reports") +
         " that the message " + std::string(to_string(told.claim.result)) + ", but " +
         name_of(*told.delivery) + ' ' + std::string(truth);
}

/// Calls judge(group, failures) for each group; what has nothing wrong passes.
template <typename Look>
Check look_at_all(const Case& observed, std::string_view passed, Look&& look,
                  Reporters reporters = Reporters::one_shot) {
  Failures failures;
  bool any_asked = false;
  for (const Group& group : groups_of(observed, reporters))
    any_asked = look(group, failures) || any_asked;
  if (!failures.empty()) return failures.check();
  return any_asked ? Check::pass(std::string(passed)) : Check{};
}

/// Whether nobody is left to be told by mail that a message was rejected: it came from <> (RFC 5321 section 4.5.4), or
/// its notification was rejected too. Who was declared to try once has a caller all the same.
bool need_not_be_told(const Case& observed, const RejectedNotifications& notifications,
                      const Message& message) {
  if (observed.role_is_declared) return false;
  return message.sender.empty() || notifications.may_be_about(message);
}

Check reports_failure(const Case& observed, const scenario::Expectation*) {
  const ReturnedMessages returned(observed);
  const RejectedNotifications notifications(observed);
  return look_at_all(
      observed, "the result was reported correctly", [&](const Group& group, Failures& failures) {
        bool asked = false;
        for (const Told& told : group) {
          const std::string_view truth =
              told.result == ActualResult::deferred         ? "was not accepted"
              : told.result == ActualResult::rejected       ? "was rejected (5xx)"
              : told.result == ActualResult::left_by_sender ? "was never sent to the server"
              : told.result == ActualResult::not_seen       ? "was not accepted by any server"
                                                            : "";
          if (truth.empty() || told.has_own_line || returned.covers(*told.message, *told.delivery))
            continue; // it arrived, or its sender was told by mail
          if (told.result == ActualResult::rejected &&
              need_not_be_told(observed, notifications, *told.message))
            continue;
          asked = true;
          if (told.claim.result == ClaimedResult::delivered)
            failures.add(*told.message, *told.delivery, contradiction(told, truth), {},
                         shown(observed, told));
        }
        return asked;
      });
}

/// How a message was refused: goes after its recipient.
std::string refusal_of(const Told& told) {
  if (told.result == ActualResult::rejected) return "was rejected (5xx)";
  const auto& tries = told.delivery->tries;
  if (!tries.empty() && tries.back().result == TryResult::transient) return "was deferred (4xx)";
  if (!tries.empty() && tries.back().code != 0)
    return "failed temporarily: the reply " + std::to_string(tries.back().code) +
           " was not about the message";
  return "failed temporarily: no valid reply came";
}

bool says_failed(ClaimedResult result) {
  return result == ClaimedResult::temporary || result == ClaimedResult::permanent ||
         result == ClaimedResult::failed;
}

Check reports_success(const Case& observed, const scenario::Expectation*) {
  return look_at_all(
      observed, "the result was reported correctly",
      [&](const Group& group, Failures& failures) {
        const bool all_arrived = std::all_of(group.begin(), group.end(), [](const Told& told) {
          return told.result == ActualResult::delivered;
        });
        if (!all_arrived) return false; // a failure that it shares with others: see `reports-each`
        const Told& told = group.front();
        if (told.claim.result != ClaimedResult::delivered)
          failures.add(contradiction(told, "was accepted"), {}, shown(observed, told));
        return true;
      },
      Reporters::all);
}

/// The first try of a delivery in doubt that had no reply after its content.
const Try& try_in_doubt(const Delivery& delivery) {
  const auto it =
      std::find_if(delivery.tries.begin(), delivery.tries.end(), [](const Try& attempt) {
        return attempt.reply_lost ||
               (attempt.result == TryResult::no_valid_reply && content_was_complete(attempt));
      });
  return it == delivery.tries.end() ? delivery.tries.back() : *it;
}

Check reports_doubt(const Case& observed, const scenario::Expectation*) {
  return look_at_all(
      observed, "the result was not reported as success or as a permanent failure",
      [&](const Group& group, Failures& failures) {
        const auto doubt = std::find_if(group.begin(), group.end(), [](const Told& told) {
          return told.result == ActualResult::in_doubt && !told.has_own_line;
        });
        if (doubt == group.end()) return false;
        const bool of_another = any_is(group, ActualResult::rejected) ||
                                any_is(group, ActualResult::left_by_sender) ||
                                any_is(group, ActualResult::not_seen);
        const ClaimedResult result = doubt->claim.result;
        if (result == ClaimedResult::delivered ||
            (result == ClaimedResult::permanent && !of_another)) {
          std::vector<AffectedDelivery> of;
          for (const Told& told : group)
            if (told.result == ActualResult::in_doubt && !told.has_own_line)
              of.push_back(affected_delivery(*told.message, *told.delivery));
          failures.add(std::move(of),
                       contradiction(*doubt, "may or may not have been accepted: no reply came"),
                       {}, {evidence(observed, try_in_doubt(*doubt->delivery))});
        }
        return true;
      });
}

/// Whether the last reply may not have been heard: the server ended the connection with it, in the middle of what the
/// client was saying.
bool may_be_unheard(const Case& observed, const Try& attempt) {
  const auto* exchange = as_exchange(attempt.event);
  if (exchange == nullptr) return false;
  const auto* ended = observed.sessions[attempt.session].ended();
  return exchange->stage == scenario::Stage::content && ended != nullptr &&
         ended->by == journal::event::EndedBy::server;
}

/// Whether the sender must have read the reply by which the message was refused. It may not have where the server ended
/// the connection in the middle of what the client said, or with a reset, or where the client had waited so long for
/// the reply that it left then.
bool was_refused_for_sure(const Case& observed, const Told& told) {
  const auto& tries = told.delivery->tries;
  if (tries.empty()) return false;
  const Try& last = tries.back();
  if (last.result != TryResult::transient && last.result != TryResult::permanent) return false;
  const auto* exchange = as_exchange(last.event);
  const auto* ended = observed.sessions[last.session].ended();
  if (exchange == nullptr || !exchange->answered || ended == nullptr || ended->reset) return false;
  const bool was_left = observed.sessions[last.session].client_closed_without_quit();
  return !may_be_unheard(observed, last) && !(was_left && exchange->open);
}

/// Whether the sender knows that it sent no content, because it never came that far.
bool was_never_sent(const Told& told) {
  const auto& tries = told.delivery->tries;
  return told.result == ActualResult::deferred && !tries.empty() &&
         std::none_of(tries.begin(), tries.end(), [](const Try& attempt) {
           return attempt.transaction != nullptr && attempt.transaction->reached_content();
         });
}

/// "Nobody can know" is said of a message that the server refused for sure, or that was never sent.
bool doubts_a_refusal(const Case& observed, const Group& group, Failures& failures) {
  if (any_is(group, ActualResult::in_doubt) || any_is(group, ActualResult::unknown) ||
      any_is(group, ActualResult::left_by_sender) || any_is(group, ActualResult::not_seen))
    return false;
  const auto it = std::find_if(group.begin(), group.end(), [&](const Told& told) {
    return was_refused_for_sure(observed, told) || was_never_sent(told);
  });
  if (it == group.end()) return false;
  failures.add(contradiction(*it, was_refused_for_sure(observed, *it)
                                      ? refusal_of(*it)
                                      : "failed temporarily: its content was never sent"),
               {}, shown(observed, *it));
  return true;
}

Check reports_kind(const Case& observed, const scenario::Expectation*) {
  return look_at_all(
      observed, "the kind of failure was reported correctly",
      [&](const Group& group, Failures& failures) {
        const ClaimedResult result = group.front().claim.result;
        if (result == ClaimedResult::unknown) return doubts_a_refusal(observed, group, failures);
        if (result != ClaimedResult::temporary && result != ClaimedResult::permanent) return false;
        if (any_is(group, ActualResult::left_by_sender) || any_is(group, ActualResult::unknown) ||
            any_is(group, ActualResult::not_seen))
          return false; // its own reasons
        const bool for_now =
            any_is(group, ActualResult::deferred) || any_is(group, ActualResult::in_doubt);
        const bool for_good = any_is(group, ActualResult::rejected);
        if (!for_now && !for_good) return false;
        const bool wrong = result == ClaimedResult::temporary ? !for_now : !for_good;
        // What a doubt is not: `reports-doubt` says it.
        const bool of_doubt =
            any_is(group, ActualResult::in_doubt) && !any_is(group, ActualResult::deferred);
        if (!wrong || of_doubt) return true;
        const auto it = std::find_if(group.begin(), group.end(), [](const Told& told) {
          return told.result == ActualResult::deferred || told.result == ActualResult::rejected;
        });
        failures.add(contradiction(*it, refusal_of(*it)), {}, shown(observed, *it));
        return true;
      });
}

/// Whether some recipients of a message were accepted, and others refused.
bool is_mixed(const Case& observed, const Message& message) {
  const auto any_came_to = [&](auto... these) {
    return std::any_of(message.deliveries.begin(), message.deliveries.end(),
                       [&](const Delivery& delivery) {
                         const ActualResult result = actual_result_of(observed, delivery);
                         return ((result == these) || ...);
                       });
  };
  return any_came_to(ActualResult::delivered) &&
         any_came_to(ActualResult::deferred, ActualResult::rejected);
}

Check reports_each(const Case& observed, const scenario::Expectation*) {
  if (observed.role != Role::one_shot) return {};
  Failures failures;
  Check check;
  const Claims claims(observed);
  for (const Message& message : observed.messages) {
    if (!is_mixed(observed, message)) continue;
    for (const Delivery& delivery : message.deliveries) {
      const auto claim = claims.about(message, delivery);
      // An exit status can't tell recipients apart.
      if (!claim || claim->line == nullptr ||
          actual_result_of(observed, delivery) != ActualResult::delivered)
        continue;
      const Told told{&message, &delivery, ActualResult::delivered, *claim};
      if (!claim->is_of_one_recipient() && says_failed(claim->result))
        failures.add(contradiction(told, "was accepted, unlike other recipients"), {},
                     shown(observed, told));
      else
        check = Check::pass("the result was reported for each recipient");
    }
  }
  return failures.empty() ? check : failures.check();
}

/// A status says no more than that something failed: x.0.0, or a subject without a detail.
bool is_general(std::string_view status) {
  return status.ends_with(".0");
}

/// A status of networks and routing (RFC 3463 section 3.5), or one that says no more than that something failed.
bool fits_lost_connection(std::string_view status) {
  return status.substr(1).starts_with(".4.") || is_general(status);
}

/// The server ended an idle connection with a reply to nothing: the client may have taken that for its answer, or not.
bool was_told_at_idle(const Case& observed, const Try& attempt) {
  const auto& events = observed.sessions[attempt.session].events;
  return std::any_of(events.begin(), events.end(), [](const journal::Event* event) {
    const auto* exchange = as_exchange(event);
    return exchange != nullptr && exchange->stage == scenario::Stage::idle;
  });
}

/// What is wrong with the code and status of a line; empty: nothing.
std::string wrong_with(const journal::event::Result& line, const Try& last,
                       const std::string& recipient) {
  const auto* exchange = as_exchange(last.event);
  // A reply that is out of place, as 250 to DATA, is a failure of its own, and no code of one.
  const bool out_of_place =
      last.result == TryResult::no_valid_reply && last.code != 0 && last.code < 600;
  const int code = out_of_place ? 0 : last.code;
  if (line.code != 0 && line.code != code)
    return "code " + std::to_string(line.code) + " for " + recipient + ", but the server " +
           (code == 0 ? std::string("sent no reply") : "replied " + std::to_string(code));
  if (line.status.empty()) return {};
  const std::string said = "status " + std::string(line.status) + " for " + recipient;
  if (code == 0) { // a system of its own that failed: networks and routing (RFC 3463 section 3.5)
    const bool fits =
        fits_lost_connection(line.status) ||
        (out_of_place && line.status.substr(1).starts_with(".5.")) ||
        (last.stage == scenario::Stage::handshake && line.status.substr(1).starts_with(".7."));
    return fits ? std::string()
                : said + ", but no reply came: use 4.4.1 for no connection, 4.4.2 for a lost one";
  }
  const std::string_view theirs =
      exchange == nullptr ? std::string_view() : enhanced_status(exchange->reply);
  const bool right = theirs.empty() ? line.status.substr(0, 1) == std::to_string(code / 100)
                                    : line.status == theirs ||
                                          (is_general(line.status) && line.status[0] == theirs[0]);
  return right ? std::string()
               : said + ", but the server replied " +
                     (theirs.empty() ? std::to_string(code) : std::string(theirs));
}

Check reports_status(const Case& observed, const scenario::Expectation*) {
  return look_at_all(
      observed, "the reported codes and statuses are right",
      [&](const Group& group, Failures& failures) {
        bool asked = false;
        for (const Told& told : group) {
          const auto* line = told.claim.line;
          if (line == nullptr || (line->code == 0 && line->status.empty())) continue;
          // A line for all is about one of them, without saying which. A recipient that was never tried was left.
          if (told.result == ActualResult::unknown || told.delivery->tries.empty() ||
              told.result == ActualResult::left_by_sender || group.size() > 1)
            continue;
          const Try& last = told.delivery->tries.back();
          if (is_not_smtp(last) || was_told_at_idle(observed, last)) continue;
          if (may_be_unheard(observed, last) && line->code == 0 &&
              fits_lost_connection(line->status))
            continue;
          asked = true;
          if (const std::string wrong = wrong_with(*line, last, name_of(*told.delivery));
              !wrong.empty())
            failures.add(told.claim.said_by() + " reports " + wrong, {}, shown(observed, told));
        }
        return asked;
      });
}

constexpr std::array claims_table = {
    Rule{{"reports-failure", "A message that was not accepted is not reported as sent.",
          "RFC 5321 section 4.2.5", Keyword::stated, Level::must, true,
          "a caller that believes in success does not send again: the message is lost"},
         reports_failure},
    Rule{{"reports-success", "A message that was accepted is not reported as failed.",
          "RFC 5321 section 4.2.5", Keyword::stated, Level::must, true,
          "a caller that sees a failure sends again: the message arrives twice"},
         reports_success},
    Rule{{"reports-doubt",
          "A connection lost after the end of the content is reported neither as success nor as a "
          "permanent failure.",
          "RFC 5321 section 6.1, RFC 1047", Keyword::stated, Level::must, true,
          "the sender can't know whether the message was accepted: either report may be wrong"},
         reports_doubt},
    Rule{{"reports-kind", "Temporary failures are distinguished from permanent ones.",
          "RFC 5321 section 4.2.1", Keyword::stated, Level::should, true},
         reports_kind},
    Rule{{"reports-each", "The result of each recipient is reported for that recipient.",
          "RFC 5321 section 3.3", Keyword::stated, Level::should, true},
         reports_each},
    Rule{{"reports-status",
          "The reported code and status are those of the server, or those of a lost connection.",
          "RFC 3463 section 3.5", Keyword::stated, Level::should, true},
         reports_status},
};

} // namespace

std::span<const Rule> claim_rules() {
  return claims_table;
}

} // namespace tempfail::verdict
