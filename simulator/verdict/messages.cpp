// Which try belongs to which message: known where something was handed over, guessed elsewhere.
#include "scenario/glob.hpp"
#include "verdict/observation.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>

namespace tempfail::verdict {
namespace {

/// The last that was heard on a try.
Moment last_word(const Try& attempt) {
  Moment last = attempt.begin;
  if (attempt.transaction == nullptr) return last;
  const Transaction& transaction = *attempt.transaction;
  for (const journal::Event* event : {transaction.mail, transaction.data, transaction.content})
    if (event != nullptr) last = std::max(last, event->time);
  for (const RecipientReply& recipient : transaction.recipients)
    last = std::max(last, recipient.event->time);
  return last;
}

/// A sender that tries again elsewhere has given up the connection that still hangs when the run ends. When, nobody
/// knows: the try is taken to have ended with the last that was heard on it.
void give_up_what_hangs(const Case& observed, Delivery& delivery) {
  for (std::size_t i = 1; i < delivery.tries.size(); ++i) {
    Try& before = delivery.tries[i - 1];
    const Session& session = observed.sessions[before.session];
    const bool hangs = session.end.value_or(Moment::max()) > delivery.tries[i].begin;
    if (before.result != TryResult::cut_off || !hangs) continue;
    before.result = TryResult::no_valid_reply;
    before.end = last_word(before);
  }
}

/// The same try once more in clear text, after TLS failed.
void mark_fallbacks(const Case& observed, Delivery& delivery) {
  for (std::size_t i = 1; i < delivery.tries.size(); ++i) {
    const Session& before = observed.sessions[delivery.tries[i - 1].session];
    const Session& now = observed.sessions[delivery.tries[i].session];
    delivery.tries[i].clear_text_fallback = before.tls_failed &&
                                            delivery.tries[i - 1].transaction == nullptr &&
                                            !now.tls && !now.tls_failed;
  }
}

/// Whether the connection had carried another message before this try, so that it may have come to its end.
bool was_used_before(const Case& observed, const Try& attempt) {
  if (attempt.transaction == nullptr || attempt.transaction->first_of_session) return false;
  const auto& all = observed.sessions[attempt.session].transactions;
  for (auto it = all.begin(); it != all.end() && &*it != attempt.transaction; ++it)
    if (it->reached_content()) return true;
  return false;
}

/// The same try on another connection: a connection that is kept for several messages may end at any time, and only
/// another one shows whether the server takes the message.
void mark_steps_to_other_connections(const Case& observed, Delivery& delivery) {
  const Duration at_once = std::max<Duration>(std::chrono::minutes(1), machine_tolerance(observed));
  for (std::size_t i = 1; i < delivery.tries.size(); ++i) {
    Try& now = delivery.tries[i];
    const Try* const before = last_one_before(delivery.tries, i);
    if (before == nullptr || before->session == now.session) continue;
    if (!was_used_before(observed, *before) || before->transaction->content != nullptr) continue;
    now.on_next_connection = (before->code == 421 || before->result == TryResult::no_valid_reply) &&
                             now.begin - before->end < at_once;
  }
}

/// The same try at the next host. Whoever goes on to a host that was not yet tried does so at once, or as fast as a
/// busy machine lets it; whoever waits begins a new try, at whatever host.
void mark_steps_to_other_hosts(const Case& observed, Delivery& delivery) {
  const Duration at_once =
      std::max<Duration>(std::chrono::minutes(1), 12 * timing_tolerance(observed));
  std::set<std::string_view> tried; // since the last new try
  for (std::size_t i = 0; i < delivery.tries.size(); ++i) {
    Try& now = delivery.tries[i];
    const std::string_view host = observed.sessions[now.session].host;
    if (i != 0 && !host.empty()) {
      const Try& before = delivery.tries[i - 1];
      const bool failed = is_temporary(before.result) || before.reply_lost;
      now.at_next_host = failed && !tried.contains(host) && now.begin - before.end < at_once;
    }
    if (now.is_new()) tried.clear();
    tried.insert(host);
  }
}

} // namespace

Delivery& delivery_of(Message& message, const std::string& recipient) {
  for (Delivery& delivery : message.deliveries)
    if (delivery.recipient == recipient) return delivery;
  // What happened before the recipient was named happened to it too.
  if (message.deliveries.size() == 1 && message.deliveries[0].recipient.empty()) {
    message.deliveries[0].recipient = recipient;
    return message.deliveries[0];
  }
  message.deliveries.push_back({recipient, {}});
  return message.deliveries.back();
}

void add_try_without_recipient(Message& message, const Try& attempt) {
  if (message.deliveries.empty()) message.deliveries.emplace_back();
  const bool all_done = message.finished();
  for (Delivery& delivery : message.deliveries)
    if (all_done || !delivery.finished()) delivery.add(attempt);
}

void add_try_after_all_ended(Case& observed, const Try& attempt) {
  if (attempt.result != TryResult::permanent) return;
  Delivery* refused = nullptr;
  std::size_t notifications = 0;
  for (Message& message : observed.messages)
    for (Delivery& delivery : message.deliveries) {
      if (delivery.accepted_count() != 0 || !delivery.finished()) continue;
      if (refused == nullptr) refused = &delivery;
      ++notifications;
    }
  if (observed.late_rejections < notifications)
    ++observed.late_rejections;
  else if (refused != nullptr)
    refused->add(attempt);
}

bool Case::is_recipient_asked_of(std::string_view recipient) const {
  return asked_recipients.empty() || scenario::glob_matches(asked_recipients, recipient);
}

bool Message::finished() const {
  return std::all_of(deliveries.begin(), deliveries.end(),
                     [](const Delivery& delivery) { return delivery.finished(); });
}

std::optional<Moment> Message::last_try() const {
  std::optional<Moment> last;
  for (const Delivery& delivery : deliveries)
    if (!delivery.tries.empty())
      last = std::max(last.value_or(Moment::min()), delivery.tries.back().end);
  return last;
}

void finish_messages(Case& observed) {
  for (Message& message : observed.messages)
    for (Delivery& delivery : message.deliveries) {
      give_up_what_hangs(observed, delivery);
      mark_fallbacks(observed, delivery);
      mark_steps_to_other_connections(observed, delivery);
      mark_steps_to_other_hosts(observed, delivery);
    }
}

Case observe(const scenario::Scenario& scenario, const journal::Journal& journal,
             const Declared& declared) {
  Case observed;
  observed.scenario = &scenario;
  collect_declared(observed, journal, declared);
  collect_sessions(observed, journal);
  collect_process_ends(observed);
  collect_outages(observed, journal);
  // Where a host sends messages on, the same one comes again, which only its content tells.
  if (observed.knows_handovers() && !scenario.server.forward)
    collect_handed_over(observed);
  else
    collect_guessed(observed);
  finish_messages(observed);
  conclude_role(observed);
  return observed;
}

} // namespace tempfail::verdict
