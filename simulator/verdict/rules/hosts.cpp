// Which of several hosts a sender goes to.
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// The client said something of its own: a mere look whether the port answers is none of a host's business.
const journal::Event* first_word(const Session& session) {
  for (const journal::Event* event : session.events) {
    const auto* exchange = as_exchange(event);
    if (exchange != nullptr && !exchange->line.empty()) return event;
  }
  return nullptr;
}

/// The hosts that must stay untouched: the one that is expected to, else all decoys.
std::vector<std::string> forbidden(const Case& observed, const scenario::Expectation* expectation) {
  if (expectation != nullptr) return {std::get<std::string>(expectation->value)};
  std::vector<std::string> names;
  for (const scenario::Host& host : observed.scenario->hosts)
    if (host.decoy) names.push_back(host.name);
  return names;
}

Check untouched(const Case& observed, const scenario::Expectation* expectation) {
  const std::vector<std::string> hosts = forbidden(observed, expectation);
  if (hosts.empty()) return {};
  Failures failures;
  for (const Session& session : observed.sessions) {
    if (std::find(hosts.begin(), hosts.end(), session.host) == hosts.end()) continue;
    if (const journal::Event* const said = first_word(session))
      failures.add(std::string(session.host) + " was gone to", {}, {evidence(*said)});
  }
  if (!failures.empty()) return failures.check();
  return Check::pass("nobody went there");
}

Check delivered_by(const Case& observed, const scenario::Expectation* expectation) {
  const auto& wanted = std::get<std::string>(expectation->value);
  Failures failures;
  std::vector<Evidence> shown;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    for (const Try& attempt : delivery.tries) {
      if (attempt.result != Result::accepted) continue;
      const std::string_view host = observed.sessions[attempt.session].host;
      if (host == wanted)
        shown = {evidence(observed, attempt)};
      else
        failures.add(name_of(delivery) + ": accepted by " + std::string(host), {},
                     {evidence(observed, attempt)});
    }
  });
  if (!failures.empty()) return failures.check().expecting("accepted by " + wanted);
  if (shown.empty())
    return Check::unseen("nothing was accepted").expecting("accepted by " + wanted);
  return Check::pass("accepted by " + wanted, std::move(shown)).expecting("accepted by " + wanted);
}

constexpr std::array rules_of_this_file = {
    Rule{{"untouched", "A host to which no MX record of the domain leads is not gone to.",
          "RFC 5321 section 5.1, RFC 7505 section 3", Keyword::must_not, Level::must, true},
         untouched},
    Rule{{"delivered-by",
          "The message goes to the host that the MX records name first, or the next that answers.",
          "RFC 5321 section 5.1", Keyword::must, Level::must, false},
         delivered_by},
};

} // namespace

std::span<const Rule> host_rules() {
  return rules_of_this_file;
}

} // namespace tempfail::verdict
