// Finds the hosts of a try and walks through them, and keeps what is known of each recipient.
#include "client/delivery/attempt.hpp"

#include "base/domain.hpp"
#include "client/delivery/mail_hosts.hpp"
#include "client/protocol/judgement.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::client {
namespace {

/// The failure that a look-up's error is. Only a name that certainly does not exist is a permanent one.
std::pair<Fate, Failure> meaning_of(DnsError error) {
  switch (error) {
  case DnsError::nxdomain: return {Fate::permanent, Failure::dns_nxdomain};
  case DnsError::no_data: return {Fate::permanent, Failure::dns_no_address};
  case DnsError::servfail: return {Fate::transient, Failure::dns_servfail};
  case DnsError::no_answer: return {Fate::transient, Failure::dns_no_answer};
  case DnsError::none: break;
  }
  return {Fate::transient, Failure::local};
}

} // namespace

Attempt::Attempt(DeliveryParts parts, const Message& message, std::span<const Recipient> recipients,
                 const DeliverySettings& settings, AttemptCallbacks callbacks)
    : parts_(parts), message_(message), recipients_(recipients.begin(), recipients.end()),
      settings_(settings), callbacks_(std::move(callbacks)), noted_(recipients_.size()),
      settled_(recipients_.size()) {
  report_.results.resize(recipients_.size());
  if (settings_.helo_name.empty()) {
    settings_.helo_name = parts_.options.helo_name;
  }
  if (needs_tls()) {
    settings_.tls = TlsMode::verified;
  }
}

/// A notification is sent without TLS, too (RFC 8689 section 5).
bool Attempt::needs_tls() const {
  return message_.requiretls && !message_.sender.empty();
}

void Attempt::start() {
  if (recipients_.empty()) {
    finish();
    return;
  }
  find_hosts();
}

void Attempt::start(DnsAnswer<MailHost> hosts) {
  looked_up_ = true;
  take_mail_hosts(domain_of(recipients_.front().address), std::move(hosts));
}

void Attempt::find_hosts() {
  NextHop& next_hop = settings_.next_hop;
  next_hop.host = base::to_a_labels(next_hop.host).value_or(next_hop.host);
  if (!next_hop.host.empty() && !next_hop.lookup_mx) {
    hosts_ = {{.host = next_hop.host}};
    implicit_host_ = true;
    next_candidate();
    return;
  }
  const std::string domain =
      next_hop.host.empty() ? domain_of(recipients_.front().address) : next_hop.host;
  if (domain.empty()) {
    finish_with(Fate::permanent, Failure::dns_nxdomain,
                "the address has no domain that can be looked up");
    return;
  }
  if (Address::parse(domain)) {
    hosts_ = {{.host = domain}};
    next_candidate();
    return;
  }
  looked_up_ = true;
  parts_.resolver.mail_hosts(domain,
                             [self = shared_from_this(), domain](DnsAnswer<MailHost> answer) {
                               self->take_mail_hosts(domain, std::move(answer));
                             });
}

void Attempt::take_mail_hosts(const std::string& domain, DnsAnswer<MailHost> answer) {
  if (answer.error == DnsError::no_data) {
    hosts_ = {{.host = domain}}; // RFC 5321 section 5.1: no MX means the domain is the host
    implicit_host_ = true;
    next_candidate();
    return;
  }
  if (answer.error != DnsError::none) {
    const auto [fate, failure] = meaning_of(answer.error);
    finish_with(fate, failure, "no mail host found for " + domain + ": " + answer.text);
    return;
  }
  if (is_null_mx(answer.records)) {
    finish_with(Fate::permanent, Failure::dns_null_mx,
                "the domain " + domain + " accepts no mail (null MX)");
    return;
  }
  if (needs_tls() && !answer.authenticated) {
    finish_with(Fate::permanent, Failure::tls,
                "the message needs REQUIRETLS, and the names of the mail hosts of " + domain +
                    " are not secured by DNSSEC",
                encryption_needed);
    return;
  }
  const auto ordered = in_order(std::move(answer.records), settings_.seed);
  const auto usable = before_self(ordered, settings_.helo_name);
  if (usable.empty()) {
    finish_with(Fate::permanent, Failure::dns_no_address,
                "mail for " + domain + " loops back to this host, " + settings_.helo_name,
                {5, 4, 6});
    return;
  }
  hosts_.assign(usable.begin(), usable.end());
  next_candidate();
}

/// Goes on to the next address, the next host, or the end.
void Attempt::next_candidate() {
  if (open_recipients().empty() || addresses_tried_ >= settings_.max_hosts ||
      (candidates_.empty() && hosts_.empty())) {
    finish();
    return;
  }
  if (!candidates_.empty()) {
    const Candidate candidate = std::move(candidates_.front());
    candidates_.pop_front();
    connect(candidate);
    return;
  }
  const std::string host = std::move(hosts_.front().host);
  hosts_.pop_front();
  // What an MX record names is a name, whatever it looks like (RFC 5321 section 5.1).
  if (const auto literal = Address::parse(host); literal && !looked_up_) {
    candidates_.push_back({.host = literal->ip, .address = *literal, .tls = settings_.tls});
    next_candidate();
    return;
  }
  parts_.resolver.addresses(host, [self = shared_from_this(), host](DnsAnswer<Address> answer) {
    self->take_addresses(host, std::move(answer));
  });
}

void Attempt::take_addresses(const std::string& host, DnsAnswer<Address> answer) {
  if (looked_up_ &&
      std::any_of(answer.records.begin(), answer.records.end(), [&](const auto& each) {
        return parts_.options.is_own(each, settings_.next_hop.port);
      })) {
    end_at_self(host);
    return;
  }
  const bool none_at_all = answer.error == DnsError::none && answer.records.empty();
  auto addresses =
      in_order(std::move(answer.records), settings_.ipv4, settings_.ipv6, settings_.seed);
  if (addresses.empty()) {
    auto [fate, failure] = meaning_of(none_at_all ? DnsError::no_data : answer.error);
    if (answer.error == DnsError::none && !none_at_all) {
      failure = Failure::unreachable; // only of families that are not wanted
    } else if (fate == Fate::permanent && !implicit_host_) {
      fate = Fate::transient; // an MX without address is a mistake over there that may be put right
      failure = Failure::dns_no_address;
    }
    const std::string text =
        "no address for " + host + (answer.text.empty() ? "" : ": " + answer.text);
    report_.tries.push_back(
        {.host = host, .failure = failure, .stage = Stage::resolve, .text = text});
    RecipientResult result = result_of(conclude(fate, failure, Stage::resolve, text));
    result.host = host;
    note_all_open(result);
  }
  for (Address& address : addresses) {
    candidates_.push_back({.host = host, .address = std::move(address), .tls = settings_.tls});
  }
  next_candidate();
}

/// This machine is one of the hosts, by its address: those that are left are no better than it is, and would send the
/// message back (RFC 5321 section 5.1).
void Attempt::end_at_self(const std::string& host) {
  Settlement loop = conclude(Fate::permanent, Failure::dns_no_address, Stage::resolve,
                             "mail loops back to this host, whose address is that of " + host);
  loop.status = {5, 4, 6};
  RecipientResult result = result_of(loop);
  result.host = host;
  note_all_open(result);
  hosts_.clear();
  next_candidate();
}

void Attempt::finish_with(Fate fate, Failure failure, const std::string& text, Status status) {
  Settlement settlement = conclude(fate, failure, Stage::resolve, text);
  if (!status.empty()) {
    settlement.status = status;
  }
  note_all_open(result_of(settlement));
  finish();
}

void Attempt::finish() {
  for (const std::size_t recipient : open_recipients()) {
    const RecipientResult nothing_tried = result_of(
        conclude(Fate::transient, Failure::host_off, Stage::connect, "no host could be tried"));
    settle(recipient, noted_[recipient].value_or(nothing_tried));
  }
  report_.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started_);
  if (callbacks_.finished) {
    callbacks_.finished(report_);
  }
  callbacks_ = {};
}

std::vector<std::size_t> Attempt::open_recipients() const {
  std::vector<std::size_t> open;
  for (std::size_t recipient = 0; recipient < settled_.size(); ++recipient) {
    if (!settled_[recipient]) {
      open.push_back(recipient);
    }
  }
  return open;
}

RecipientResult Attempt::result_of(const Settlement& settlement) const {
  RecipientResult result;
  result.fate = settlement.fate;
  result.failure = settlement.failure;
  result.stage = settlement.stage;
  result.status = settlement.status;
  result.code = settlement.code;
  result.text = settlement.text;
  result.in_doubt = settlement.in_doubt;
  result.replied = settlement.replied;
  result.dsn_relayed = settlement.dsn_relayed;
  return result;
}

/// Remembers what a host led to, while other hosts are still to be tried. A reply tells more than the want of
/// one, and a host that refuses to talk for good does not outweigh one that said "later".
void Attempt::note(std::size_t recipient, const RecipientResult& result) {
  auto& known = noted_[recipient];
  const bool keep = known && ((known->replied && !result.replied) ||
                              (known->fate == Fate::transient && result.fate == Fate::permanent));
  if (!keep) {
    known = result;
  }
}

void Attempt::note_all_open(const RecipientResult& result) {
  for (const std::size_t recipient : open_recipients()) {
    note(recipient, result);
  }
}

void Attempt::settle(std::size_t recipient, const RecipientResult& result) {
  settled_[recipient] = true;
  report_.results[recipient] = result;
  if (callbacks_.settled) {
    callbacks_.settled(recipient, report_.results[recipient]);
  }
}

} // namespace tempfail::client
