// Whether the sender met what a scenario is about: each event says so of itself, but for what can't be seen.
#include "verdict/met.hpp"

#include "scenario/hosts.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

/// When somebody first came to a host that mail for the recipients goes to; nobody did: the end.
Moment first_came(const Case& observed) {
  const std::vector<scenario::Host> hosts = scenario::hosts_of(*observed.scenario);
  for (const Session& session : observed.sessions) {
    const bool is_other = std::any_of(hosts.begin(), hosts.end(), [&](const scenario::Host& host) {
      return host.name == session.host && !scenario::takes_mail(*observed.scenario, host);
    });
    if (!is_other) return session.begin;
  }
  return observed.last;
}

/// A port that refuses leaves no trace of who tried it, except in a lab. A sender that was there while it did, and came
/// only after it, or ended without coming, has met it.
bool met_a_closed_port(const Case& observed) {
  const Moment began = observed.sender_began();
  const Moment came = first_came(observed);
  return std::any_of(observed.outages.begin(), observed.outages.end(), [&](const Outage& outage) {
    const bool was_there = outage.begin <= began && began < outage.end;
    return was_there && came >= outage.end && scenario::is_refusal(outage.answer) &&
           !outage.was_not_met() && !outage.nobody_was_refused;
  });
}

} // namespace

bool asks_for_no_delivery(const scenario::Expectation& expectation) {
  const auto* word = std::get_if<std::string>(&expectation.value);
  return expectation.name == "delivered" && word != nullptr && *word == "never";
}

bool accepted_anything(const Case& observed) {
  return std::any_of(
      observed.sessions.begin(), observed.sessions.end(), [](const Session& session) {
        return std::any_of(session.transactions.begin(), session.transactions.end(),
                           [](const Transaction& one) { return one.accepted != nullptr; });
      });
}

namespace {

/// A message, and no notification, was accepted.
bool delivered_anything(const Case& observed) {
  return std::any_of(
      observed.messages.begin(), observed.messages.end(), [](const Message& message) {
        return std::any_of(message.deliveries.begin(), message.deliveries.end(),
                           [](const Delivery& delivery) { return delivery.accepted_count() != 0; });
      });
}

bool expects_no_delivery(const Case& observed) {
  const auto& expected = observed.scenario->expected(observed.tls_policy);
  return std::any_of(expected.begin(), expected.end(), asks_for_no_delivery);
}

/// Everything that the scenario names took effect.
bool met_what_is_named(const scenario::MetCondition& named, const Case& observed) {
  const ScenarioEffects& effects = observed.effects;
  return std::all_of(named.stages.begin(), named.stages.end(),
                     [&](scenario::Stage stage) { return effects.stages.contains(stage); }) &&
         (!named.listen || effects.listen || met_a_closed_port(observed)) &&
         (!named.tls || effects.tls) && (!named.extensions || effects.extensions) &&
         (!named.names || effects.names);
}

/// Everything that this server does took effect.
bool met_all(const Case& observed) {
  const scenario::Server& server = observed.scenario->server;
  scenario::MetCondition all;
  all.listen = server.listen && server.listen->answer != scenario::ListenAnswer::accepted;
  all.tls = server.tls_profile != scenario::TlsProfile{};
  all.names = observed.scenario->names.has_value();
  std::size_t rules = 0;
  for (const scenario::Host& host : scenario::hosts_of(*observed.scenario))
    rules += host.server.rules.size();
  return observed.effects.rules.size() >= rules &&
         (!server.forward || observed.effects.forwarded) && met_what_is_named(all, observed);
}

} // namespace

bool is_met(const Case& observed) {
  const scenario::Server& server = observed.scenario->server;
  const scenario::MetCondition& by = observed.scenario->met;
  // Where no message is to arrive a notification is all that can.
  if (by.session)
    return delivered_anything(observed) ||
           (expects_no_delivery(observed) && accepted_anything(observed));
  if (by.all) return met_all(observed);
  if (by.names_an_effect()) return met_what_is_named(by, observed);
  if (observed.effects.any() || met_a_closed_port(observed)) return true;
  // A port that is slow to accept leaves no other trace than a client that came through.
  const bool listens = !server.listen || server.listen->answer == scenario::ListenAnswer::accepted;
  const bool says_nothing = server.rules.empty() && listens && !server.forward &&
                            !scenario::needs_name_server(*observed.scenario) &&
                            server.tls_profile == scenario::TlsProfile{};
  if (says_nothing && accepted_anything(observed)) return true;
  // A sender that needs TLS meets the want of it by leaving. A handshake that fails with a server whose TLS is right is
  // no want of it.
  const bool is_right = server.tls_profile == scenario::TlsProfile{};
  return observed.tls_policy != scenario::TlsPolicy::opportunistic &&
         std::any_of(observed.sessions.begin(), observed.sessions.end(),
                     [is_right](const Session& session) {
                       return session.tls_failed &&
                              !(is_right && session.failed_handshake != nullptr);
                     });
}

} // namespace tempfail::verdict
