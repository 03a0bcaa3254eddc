// What may make a sender return a message for a recipient whom it never tried.
#include "verdict/reasons_to_return.hpp"

#include "scenario/hosts.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace tempfail::verdict {
namespace {

std::string_view domain_in(std::string_view address) {
  return address.substr(std::min(address.rfind('@'), address.size()));
}

/// No queue gives up sooner, unless it is declared; a busy machine needs real time for what is over at once.
Duration shortest_life(const Case& observed) {
  const Duration wait =
      std::max<Duration>(std::chrono::hours(2), observed.in_protocol_time(std::chrono::seconds(2)));
  const Duration lifetime = observed.queue_lifetime();
  return lifetime == Duration::zero() ? wait : std::min(wait, lifetime);
}

} // namespace

bool has_its_own_reasons(const Case& observed) {
  const scenario::Scenario& scenario = *observed.scenario;
  const scenario::Server& server = scenario.server;
  return !observed.outages.empty() || !observed.unanswered.empty() ||
         scenario::needs_name_server(scenario) || scenario.test.requests.requiretls ||
         scenario.test.message.received_fields != 0 || server.has_unusual_extensions(false) ||
         server.has_unusual_extensions(true) ||
         observed.tls_policy != scenario::TlsPolicy::opportunistic;
}

ReasonsToReturn::ReasonsToReturn(const Case& observed)
    : its_own_(has_its_own_reasons(observed) || observed.scenario->test.smtputf8) {
  const Duration wait = shortest_life(observed);
  const auto note = [this](std::string_view domain, Moment since) {
    const auto [known, is_new] = since_.try_emplace(std::string(domain), since);
    if (!is_new) known->second = std::min(known->second, since);
  };
  // A sender that only asked knows the answer, too.
  for (const Session& session : observed.sessions)
    for (const Transaction& transaction : session.transactions)
      for (const RecipientReply& one : transaction.recipients)
        if (one.code >= 500 && !domain_in(one.address).empty())
          note(domain_in(one.address), one.event->time);
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries)
      for (const Try& attempt : delivery.tries) {
        if (attempt.result == TryResult::accepted && !attempt.reply_lost) continue;
        const bool is_final = attempt.result == TryResult::permanent;
        const Moment since = is_final ? attempt.end : attempt.end + wait;
        note(attempt.transaction == nullptr ? std::string_view() : domain_in(delivery.recipient),
             since);
      }
}

bool ReasonsToReturn::was_one(const Delivery& delivery, Moment by) const {
  const auto is_known = [&](std::string_view domain) {
    const auto found = since_.find(domain);
    return found != since_.end() && found->second <= by;
  };
  return its_own_ || is_known({}) || is_known(domain_in(delivery.recipient));
}

} // namespace tempfail::verdict
