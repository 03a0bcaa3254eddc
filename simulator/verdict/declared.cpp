// Scenarios against what was declared of the sender: --tls-policy none, --without auth, smtputf8.
#include "verdict/declared.hpp"

#include "scenario/hosts.hpp"
#include "verdict/esmtp_requests.hpp"
#include "verdict/words.hpp"

#include <algorithm>

namespace tempfail::verdict {
namespace {

using scenario::Stage;

/// What goes wrong in it is TLS, so that a sender without TLS can't meet it.
bool is_about_tls(const scenario::Scenario& scenario) {
  const scenario::Server& server = scenario.server;
  const bool by_rule = std::any_of(server.rules.begin(), server.rules.end(), [](const auto& rule) {
    return std::any_of(rule.stages.begin(), rule.stages.end(), [](Stage stage) {
      return stage == Stage::starttls || stage == Stage::handshake;
    });
  });
  const bool by_expectation =
      std::any_of(scenario.sender.begin(), scenario.sender.end(),
                  [](const auto& expected) { return expected.name == "uses-tls"; });
  return by_rule || by_expectation || server.tls_profile != scenario::TlsProfile{};
}

/// What was handed over and nobody can say that the sender knows of.
std::string unknown_request(const Case& observed) {
  const std::string took = requests_seen(observed);
  for (const journal::event::Handover* handover : observed.handovers)
    for (const std::string_view request : words_of(handover->untold_parameters))
      if (!has_word(took, request.substr(0, request.find('='))))
        return "the sender did not get " + std::string(request) +
               ": the command names neither {handover} nor {parameters}";
  return {};
}

/// From whom a message came that was handed over with a source route, where it is not from the mailbox at its end;
/// empty: it is, or there was no route.
std::string changed_route(const Case& observed) {
  for (const Message& message : observed.messages) {
    if (message.handover == nullptr || !message.handover->sender.starts_with('@')) continue;
    for (const Delivery& delivery : message.deliveries)
      for (const Try& attempt : delivery.tries)
        if (attempt.transaction != nullptr && attempt.transaction->sender != message.sender)
          return attempt.transaction->sender.empty() ? "<>" : attempt.transaction->sender;
  }
  return {};
}

} // namespace

std::string why_not_applicable(const Case& observed) {
  if (observed.without_tls && is_about_tls(*observed.scenario))
    return "the sender does not use TLS (--tls-policy none)";
  const bool needs_smtputf8 =
      observed.scenario->test.smtputf8 || scenario::has_u_labels(*observed.scenario);
  if (needs_smtputf8 && observed.is_without("smtputf8"))
    return "the sender does not use SMTPUTF8 (--without smtputf8)";
  if (observed.scenario->test.requests.any()) {
    if (observed.is_without("dsn"))
      return "the sender does not support requests for notifications (--without dsn)";
    if (std::string unknown = unknown_request(observed); !unknown.empty()) return unknown;
  }
  if (const std::string from = changed_route(observed); !from.empty())
    return "the sender does not keep source routes: it sent the message from " + from;
  const auto& auth = observed.scenario->server.auth;
  if (auth && auth->required && observed.is_without("auth"))
    return "the sender does not log in (--without auth)";
  if (scenario::needs_name_server(*observed.scenario) && observed.is_without("mx"))
    return "the sender does not look up MX records (--without mx)";
  return {};
}

} // namespace tempfail::verdict
