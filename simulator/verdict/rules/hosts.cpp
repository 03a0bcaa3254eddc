// Which of several hosts a sender goes to.
#include "scenario/hosts.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

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
      failures.add("the sender contacted " + std::string(session.host), {}, {evidence(*said)});
  }
  if (!failures.empty()) return failures.check();
  return Check::pass("the sender did not contact it");
}

Check delivered_by(const Case& observed, const scenario::Expectation* expectation) {
  const auto& wanted = std::get<std::string>(expectation->value);
  Failures failures;
  std::vector<Evidence> shown;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    for (const Try& attempt : delivery.tries) {
      if (attempt.result != TryResult::accepted) continue;
      const std::string_view host = observed.sessions[attempt.session].host;
      if (host == wanted)
        shown = {evidence(observed, attempt)};
      else
        failures.add(std::string(host) + " accepted " + message_for(delivery), {},
                     {evidence(observed, attempt)});
    }
  });
  if (!failures.empty()) return failures.check().expecting(wanted + " accepts the message");
  if (shown.empty())
    return Check::not_applicable("nothing was accepted").expecting(wanted + " accepts the message");
  return Check::pass(wanted + " accepts the message", std::move(shown))
      .expecting(wanted + " accepts the message");
}

/// The host, if the scenario has one of this name whose port shows who came: not one that refuses or is silent.
const scenario::Host* visible_host(const Case& observed, std::string_view name) {
  for (const scenario::Host& host : observed.scenario->hosts)
    if (host.name == name) return host.server.listen ? nullptr : &host;
  return nullptr;
}

/// Whether a session was for mail to this domain, as far as its recipients say.
bool may_be_for(const Session& session, std::string_view domain) {
  bool named = false;
  for (const Transaction& transaction : session.transactions)
    for (const RecipientReply& recipient : transaction.recipients) {
      named = true;
      if (recipient.address.substr(recipient.address.rfind('@') + 1) == domain) return true;
    }
  return !named;
}

/// As far as the sender could know.
bool took_a_message(const Case& observed, const Session& session) {
  return std::any_of(session.transactions.begin(), session.transactions.end(),
                     [&](const Transaction& one) {
                       const Try attempt = try_of(observed, one, nullptr);
                       return attempt.result == TryResult::accepted && !attempt.reply_lost;
                     });
}

/// The hosts at which something failed before this session.
std::set<std::string_view> failed_before(const Case& observed, std::size_t session) {
  std::set<std::string_view> failed;
  for (std::size_t i = 0; i < session; ++i) {
    const Session& earlier = observed.sessions[i];
    if (!took_a_message(observed, earlier) && !is_probe(observed, earlier))
      failed.insert(earlier.host);
  }
  return failed;
}

/// A better host that was passed over on the way to this session; empty: none.
std::string passed_over(const Case& observed, std::size_t index,
                        const std::vector<scenario::MailExchange>& exchanges) {
  const Session& session = observed.sessions[index];
  const std::set<std::string_view> failed = failed_before(observed, index);
  for (const scenario::MailExchange& taken : exchanges) {
    if (taken.host != session.host || !may_be_for(session, taken.domain)) continue;
    for (const scenario::MailExchange& better : exchanges)
      if (better.domain == taken.domain && better.preference < taken.preference &&
          visible_host(observed, better.host) != nullptr && !failed.contains(better.host))
        return better.host;
  }
  return {};
}

Check in_order(const Case& observed, const scenario::Expectation*) {
  const std::string expected =
      "the sender contacts a host only after those that the MX records prefer have failed";
  const auto exchanges = scenario::mail_exchanges_of(*observed.scenario);
  Failures failures;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < observed.sessions.size(); ++i) {
    const Session& session = observed.sessions[i];
    if (is_probe(observed, session)) continue;
    ++seen;
    const std::string better = passed_over(observed, i, exchanges);
    if (!better.empty())
      failures.add("the sender contacted " + std::string(session.host) +
                       " although nothing had failed at " + better,
                   {}, {evidence(*session.events.front())});
  }
  if (!failures.empty()) return failures.check().expecting(expected);
  if (seen == 0) return Check::not_applicable("no connection was seen").expecting(expected);
  return Check::pass("the sender contacted the hosts in the order of preference")
      .expecting(expected);
}

/// The hosts of the best preference of the scenario's first domain.
std::vector<std::string> equals_of(const Case& observed) {
  const auto exchanges = scenario::mail_exchanges_of(*observed.scenario);
  int best = std::numeric_limits<int>::max();
  for (const scenario::MailExchange& one : exchanges)
    if (one.domain == exchanges.front().domain) best = std::min(best, one.preference);
  std::vector<std::string> equals;
  for (const scenario::MailExchange& one : exchanges)
    if (one.domain == exchanges.front().domain && one.preference == best)
      equals.push_back(one.host);
  return equals;
}

/// With so many connections the chance that a fair choice leaves one of the hosts out is less than one in ten thousand.
std::size_t enough_for(std::size_t hosts) {
  constexpr double chance = 1e-4;
  const auto count = static_cast<double>(hosts);
  if (hosts < 2) return 1;
  return static_cast<std::size_t>(std::ceil(std::log(chance / count) / std::log(1 - 1 / count)));
}

Check spread(const Case& observed, const scenario::Expectation*) {
  const std::vector<std::string> hosts = equals_of(observed);
  std::vector<std::size_t> counts(hosts.size());
  std::size_t all = 0;
  for (const Session& session : observed.sessions) {
    const auto at = std::find(hosts.begin(), hosts.end(), session.host);
    if (at == hosts.end() || is_probe(observed, session)) continue;
    ++counts[static_cast<std::size_t>(at - hosts.begin())];
    ++all;
  }
  const std::string expected =
      "each of the " + std::to_string(hosts.size()) + " hosts of equal preference gets connections";
  const std::size_t enough = enough_for(hosts.size());
  if (all < enough)
    return Check::too_little_seen("there were " + std::to_string(all) +
                                  " connections, but at least " + std::to_string(enough) +
                                  " are needed to show whether hosts are chosen at random")
        .expecting(expected);
  std::string counted;
  Failures failures;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    counted += (i == 0 ? "" : ", ") + hosts[i] + " " + std::to_string(counts[i]);
    if (counts[i] == 0)
      failures.add(hosts[i] + " got none of " + std::to_string(all) + " connections", {}, {});
  }
  if (!failures.empty()) return failures.check().expecting(expected);
  return Check::pass("connections: " + counted).expecting(expected);
}

constexpr std::array hosts_table = {
    Rule{{"untouched", "A host that must not get the message is not contacted.",
          "RFC 5321 section 5.1, RFC 7505 section 3", Keyword::must_not, Level::must, true},
         untouched},
    Rule{{"delivered-by", "The message goes to the most preferred MX host that answers.",
          "RFC 5321 section 5.1", Keyword::must, Level::must, false},
         delivered_by},
    Rule{{"in-order", "Hosts are tried in order of MX preference, the lowest number first.",
          "RFC 5321 section 5.1", Keyword::must, Level::must, false},
         in_order},
    Rule{{"spread", "One of the hosts with the same preference is chosen at random.",
          "RFC 5321 section 5.1", Keyword::must, Level::must, false},
         spread},
};

} // namespace

std::span<const Rule> host_rules() {
  return hosts_table;
}

} // namespace tempfail::verdict
