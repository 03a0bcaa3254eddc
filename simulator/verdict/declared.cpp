// Scenarios against what was declared of the sender: --tls-policy none, --without auth, smtputf8.
#include "verdict/declared.hpp"

#include "scenario/hosts.hpp"

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

} // namespace

std::string does_not_claim(const Case& observed) {
  if (observed.without_tls && is_about_tls(*observed.scenario))
    return "the sender does not use TLS (--tls-policy none)";
  if (observed.scenario->test.smtputf8 && observed.is_without("smtputf8"))
    return "the sender does not use SMTPUTF8 (--without smtputf8)";
  const auto& auth = observed.scenario->server.auth;
  if (auth && auth->required && observed.is_without("auth"))
    return "the sender does not log in (--without auth)";
  if (scenario::needs_names(*observed.scenario) && observed.is_without("mx"))
    return "the sender does not look up MX records (--without mx)";
  return {};
}

} // namespace tempfail::verdict
