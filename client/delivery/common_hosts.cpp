// Compares what the look-ups yield, and tells each try of its own recipients.
#include "client/delivery/common_hosts.hpp"

#include "client/delivery/mail_hosts.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace tempfail::client {
namespace {

constexpr std::chrono::seconds longest_wait{1}; ///< real time, as resolvers wait in

/// What is the same for domains whose mail goes the same way; of another answer than hosts, the domain itself.
std::string way_of(const std::string& domain, const DnsAnswer<MailHost>& answer) {
  if (answer.error != DnsError::none || is_null_mx(answer.records)) return "domain " + domain;
  std::vector<std::string> hosts;
  for (const MailHost& each : answer.records)
    hosts.push_back(std::to_string(each.preference) + ' ' + each.host);
  std::sort(hosts.begin(), hosts.end());
  std::string way = "hosts";
  for (const std::string& host : hosts)
    way += '\n' + host;
  return way;
}

/// Several tries made as one.
struct Together {
  std::vector<AttemptCallbacks> callbacks; ///< of each try
  std::vector<std::pair<std::size_t, std::size_t>>
      places{}; ///< try, and index in it, of each recipient

  bool committing(std::span<const std::size_t> recipients, std::string_view host) const {
    std::map<std::size_t, std::vector<std::size_t>> by_try;
    for (const std::size_t recipient : recipients)
      by_try[places[recipient].first].push_back(places[recipient].second);
    return std::all_of(by_try.begin(), by_try.end(), [&](const auto& each) {
      const auto& ask = callbacks[each.first].committing;
      return !ask || ask(each.second, host);
    });
  }

  void settled(std::size_t recipient, const RecipientResult& result) const {
    const auto [index, own] = places[recipient];
    if (callbacks[index].settled) callbacks[index].settled(own, result);
  }

  /// The connections are told once.
  void finished(const AttemptReport& report) const {
    std::vector<AttemptReport> reports(callbacks.size());
    reports.front().tries = report.tries;
    for (std::size_t recipient = 0; recipient < places.size(); ++recipient)
      reports[places[recipient].first].results.push_back(report.results[recipient]);
    for (std::size_t index = 0; index < callbacks.size(); ++index) {
      reports[index].duration = report.duration;
      if (callbacks[index].finished) callbacks[index].finished(reports[index]);
    }
  }
};

} // namespace

CommonHosts::CommonHosts(DeliveryParts parts, std::vector<GivenTry> tries)
    : parts_(parts), answers_(tries.size()), open_(tries.size()), patience_(parts.context) {
  for (GivenTry& each : tries)
    tries_.emplace_back(std::move(each));
}

bool CommonHosts::fit_together(const GivenTry& one, const GivenTry& other) {
  return !one.message.id.empty() && one.message.id == other.message.id &&
         one.settings == other.settings && one.settings.next_hop.host.empty();
}

void CommonHosts::start() {
  const auto self = shared_from_this();
  patience_.expires_after(longest_wait);
  patience_.async_wait([self](const boost::system::error_code& error) {
    if (error) return; // all answers are there
    self->patience_over_ = true;
    self->begin();
  });
  for (std::size_t index = 0; index < tries_.size(); ++index) {
    const std::string domain = domain_of(tries_[index]->recipients.front().address);
    parts_.resolver.mail_hosts(domain, [self, index](DnsAnswer<MailHost> answer) {
      self->take(index, std::move(answer));
    });
  }
}

void CommonHosts::take(std::size_t index, DnsAnswer<MailHost> answer) {
  answers_[index] = std::move(answer);
  if (--open_ == 0) patience_.cancel();
  if (open_ == 0 || patience_over_) begin();
}

/// Begins those whose answers are there.
void CommonHosts::begin() {
  std::map<std::string, std::vector<std::size_t>> by_way;
  for (std::size_t index = 0; index < tries_.size(); ++index)
    if (tries_[index] && answers_[index])
      by_way[way_of(domain_of(tries_[index]->recipients.front().address), *answers_[index])]
          .push_back(index);
  for (const auto& [way, indexes] : by_way) {
    std::vector<GivenTry> together;
    for (const std::size_t index : indexes)
      together.push_back(*std::exchange(tries_[index], std::nullopt));
    begin_together(std::move(together), std::move(*answers_[indexes.front()]));
  }
}

void CommonHosts::begin_together(std::vector<GivenTry> tries, DnsAnswer<MailHost> hosts) {
  const auto together = std::make_shared<Together>();
  std::vector<Recipient> recipients;
  for (std::size_t index = 0; index < tries.size(); ++index) {
    together->callbacks.push_back(std::move(tries[index].callbacks));
    for (std::size_t own = 0; own < tries[index].recipients.size(); ++own) {
      together->places.emplace_back(index, own);
      recipients.push_back(std::move(tries[index].recipients[own]));
    }
  }
  AttemptCallbacks callbacks;
  callbacks.committing = [together](std::span<const std::size_t> which, std::string_view host) {
    return together->committing(which, host);
  };
  callbacks.settled = [together](std::size_t recipient, const RecipientResult& result) {
    together->settled(recipient, result);
  };
  callbacks.finished = [together](const AttemptReport& report) { together->finished(report); };
  std::make_shared<Attempt>(parts_, tries.front().message, recipients, tries.front().settings,
                            std::move(callbacks))
      ->start(std::move(hosts));
}

} // namespace tempfail::client
