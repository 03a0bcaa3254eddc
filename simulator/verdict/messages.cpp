// Which try belongs to which message. A try that got as far as the content says so by its Message-ID; for
// one that did not, the envelope must do, and for one that never came to MAIL, the time.
#include "verdict/holding.hpp"
#include "verdict/observation.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <set>

namespace tempfail::verdict {
namespace {

/// A transaction, or a session that never came to one.
struct Unit {
  Moment begin{};
  std::size_t session = 0;
  const Transaction* transaction = nullptr;
  std::string identity;
  Moment end{}; ///< when its fate was known
};

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

bool shares_recipient(const Message& message, const Transaction& transaction) {
  if (transaction.recipients.empty() || message.deliveries.empty()) return true;
  for (const Delivery& delivery : message.deliveries) {
    if (delivery.recipient.empty()) return true;
    for (const RecipientReply& recipient : transaction.recipients)
      if (recipient.address == delivery.recipient) return true;
  }
  return false;
}

bool finished(const Message& message) {
  return std::all_of(message.deliveries.begin(), message.deliveries.end(),
                     [](const Delivery& delivery) { return delivery.finished(); });
}

/// The end of the message's last try; nothing: it was not tried yet.
std::optional<Moment> last_try(const Message& message) {
  std::optional<Moment> last;
  for (const Delivery& delivery : message.deliveries)
    if (!delivery.tries.empty())
      last = std::max(last.value_or(Moment::min()), delivery.tries.back().end);
  return last;
}

class Collector {
 public:
  explicit Collector(Case& observed) : observed_(observed) {}

  void run() {
    list_units();
    join_identities();
    for (Unit& unit : units_) {
      if (!unit.identity.empty()) announce(unit);
      unit.end = end_of(unit);
    }
    for (const Unit& unit : units_)
      assign(unit);
    for (Message& message : observed_.messages) {
      give_up_what_hangs(message);
      mark_fallbacks(message);
    }
  }

 private:
  void list_units() {
    bool any_sender = false;
    for (const Session& session : observed_.sessions)
      for (const Transaction& transaction : session.transactions)
        any_sender = any_sender || !transaction.sender.empty();
    for (std::size_t i = 0; i < observed_.sessions.size(); ++i) {
      const Session& session = observed_.sessions[i];
      if (session.transactions.empty()) units_.push_back({session.begin, i, nullptr, {}});
      for (const Transaction& transaction : session.transactions) {
        // The message of a test has a sender, even where it was never tried.
        if ((any_sender || observed_.under_test()) && transaction.sender.empty())
          observed_.notifications.push_back(&transaction);
        else
          units_.push_back({transaction.begin, i, &transaction, identity_of(transaction)});
      }
    }
    std::stable_sort(units_.begin(), units_.end(),
                     [](const Unit& a, const Unit& b) { return a.begin < b.begin; });
  }

  /// Where the scenario sends messages on, the same message comes again, one hop further on.
  std::string identity_of(const Transaction& transaction) const {
    std::string identity = transaction.identity();
    if (!identity.empty() && observed_.scenario->server.forward) {
      const auto& content = std::get<journal::event::Content>(transaction.content->body);
      identity += " after " + std::to_string(content.received_fields);
    }
    return identity;
  }

  /// A mailer that makes a new Message-ID for each try sends one message all the same. Under `test` it is
  /// known how many messages there are: one of each run, so one for each envelope if there are enough.
  void join_identities() {
    if (!observed_.under_test() || observed_.scenario->server.forward) return;
    std::map<std::pair<std::string, std::string>, std::string> first_by_envelope;
    for (const Unit& unit : units_)
      if (!unit.identity.empty())
        first_by_envelope.try_emplace(envelope(*unit.transaction), unit.identity);
    if (first_by_envelope.size() < observed_.scenario->test.runs) return;
    for (Unit& unit : units_)
      if (!unit.identity.empty()) unit.identity = first_by_envelope[envelope(*unit.transaction)];
  }
  static std::pair<std::string, std::string> envelope(const Transaction& transaction) {
    std::string recipients;
    for (const RecipientReply& recipient : transaction.recipients)
      recipients = recipients.empty() ? recipient.address : std::min(recipients, recipient.address);
    return {transaction.sender, recipients};
  }

  void announce(const Unit& unit) {
    const auto [at, is_new] = index_.try_emplace(unit.identity, observed_.messages.size());
    if (is_new) {
      Message message;
      message.identity = unit.identity;
      message.sender = unit.transaction->sender;
      message.envelope_id = unit.transaction->envelope_id;
      message.declared_size = unit.transaction->declared_size;
      observed_.messages.push_back(std::move(message));
    }
    for (const RecipientReply& recipient : unit.transaction->recipients)
      delivery_of(observed_.messages[at->second], recipient.address);
  }

  void assign(const Unit& unit) {
    if (unit.transaction != nullptr) {
      add(message_for(unit), *unit.transaction);
    } else if (const auto attempt = try_of(observed_, unit.session)) {
      Message& message = message_for(unit);
      if (may_be_notification(message, *attempt))
        reported_.insert(&message - observed_.messages.data());
      else
        add_to_open(message, *attempt);
    }
  }

  /// A connection that ends before MAIL, soon after a message was refused for good: the notification of that goes the
  /// same way, and fails as the message did. One for each message: a notification gives rise to no other.
  bool may_be_notification(const Message& message, const Try& attempt) const {
    if (!observed_.under_test() || reported_.contains(&message - observed_.messages.data()))
      return false;
    const auto last = last_try(message);
    const bool refused = std::any_of(
        message.deliveries.begin(), message.deliveries.end(), [](const Delivery& delivery) {
          return !delivery.tries.empty() && delivery.tries.back().result == Result::permanent;
        });
    const Duration soon = std::max<Duration>(std::chrono::minutes(5), 25 * unevenness(observed_));
    return refused && finished(message) && last && attempt.begin - *last <= soon;
  }

  Message& message_for(const Unit& unit) {
    if (!unit.identity.empty()) return observed_.messages[index_.at(unit.identity)];
    Message* chosen = nullptr;
    for (Message* candidate : candidates(unit))
      if (chosen == nullptr || comes_before(*candidate, *chosen)) chosen = candidate;
    if (chosen == nullptr) {
      chosen = &observed_.messages.emplace_back();
      if (unit.transaction == nullptr) return *chosen;
    }
    if (chosen->sender.empty() && unit.transaction != nullptr) {
      chosen->sender = unit.transaction->sender;
      chosen->envelope_id = unit.transaction->envelope_id;
      chosen->declared_size = unit.transaction->declared_size;
    }
    return *chosen;
  }

  /// The messages that this try may be about.
  std::vector<Message*> candidates(const Unit& unit) {
    std::vector<Message*> fitting;
    std::vector<Message*> repeated; // all is done with them: the try is one too many
    for (Message& message : observed_.messages) {
      if (unit.transaction != nullptr && !fits(message, *unit.transaction)) continue;
      const auto last = last_try(message);
      if (last && *last > unit.begin) continue; // is being tried elsewhere at the moment
      (last && finished(message) ? repeated : fitting).push_back(&message);
    }
    if (std::any_of(fitting.begin(), fitting.end(),
                    [&](const Message* message) { return !is_under_way(*message, unit); }))
      std::erase_if(fitting, [&](const Message* message) { return is_under_way(*message, unit); });
    if (!fitting.empty()) return fitting;
    // A further try at an envelope that is done with is a repetition; a further connection need not be.
    if (unit.transaction != nullptr || observed_.messages.size() == 1) return repeated;
    return {};
  }
  Moment end_of(const Unit& unit) const {
    if (unit.transaction != nullptr) return try_of(observed_, *unit.transaction, nullptr).end;
    const auto attempt = try_of(observed_, unit.session);
    return attempt ? attempt->end : unit.begin;
  }
  /// Whether another try was under way at the same time and shows by its content that it is the message's.
  bool is_under_way(const Message& message, const Unit& unit) const {
    return !message.identity.empty() &&
           std::any_of(units_.begin(), units_.end(), [&](const Unit& other) {
             return &other != &unit && other.identity == message.identity &&
                    other.begin <= unit.end && unit.begin <= other.end;
           });
  }
  static bool fits(const Message& message, const Transaction& transaction) {
    const bool unknown = message.sender.empty() && message.identity.empty();
    if (!unknown && message.sender != transaction.sender) return false;
    if (!message.envelope_id.empty() && !transaction.envelope_id.empty() &&
        message.envelope_id != transaction.envelope_id)
      return false;
    if (message.declared_size != 0 && transaction.declared_size != 0 &&
        message.declared_size != transaction.declared_size && message.envelope_id.empty())
      return false;
    return shares_recipient(message, transaction);
  }
  /// Of two candidates, the more likely one: who waits longest. Of those not tried yet, the first known one.
  bool comes_before(const Message& a, const Message& b) const {
    const auto last_a = last_try(a);
    const auto last_b = last_try(b);
    if (last_a.has_value() != last_b.has_value()) {
      // In a run all messages are there from the start; in daily use a new one may come at any time.
      const bool untried_first = observed_.under_test() && observed_.scenario->test.runs > 1;
      return untried_first ? !last_a.has_value() : last_a.has_value();
    }
    return last_a && *last_a < *last_b;
  }

  void add(Message& message, const Transaction& transaction) {
    if (transaction.recipients.empty()) {
      add_to_open(message, try_of(observed_, transaction, nullptr));
      return;
    }
    std::set<std::string> seen;
    for (const RecipientReply& recipient : transaction.recipients)
      if (seen.insert(recipient.address).second)
        delivery_of(message, recipient.address)
            .tries.push_back(try_of(observed_, transaction, &recipient));
  }
  static void add_to_open(Message& message, const Try& attempt) {
    if (message.deliveries.empty()) message.deliveries.emplace_back();
    const bool all_done = finished(message);
    for (Delivery& delivery : message.deliveries)
      if (all_done || !delivery.finished()) delivery.tries.push_back(attempt);
  }

  /// Who tries again elsewhere has given up the connection that still hangs when the run ends. When, nobody
  /// knows: the try is taken to have ended with the last that was heard on it.
  void give_up_what_hangs(Message& message) const {
    for (Delivery& delivery : message.deliveries)
      for (std::size_t i = 1; i < delivery.tries.size(); ++i) {
        Try& before = delivery.tries[i - 1];
        const Session& session = observed_.sessions[before.session];
        const bool hangs = session.end.value_or(Moment::max()) > delivery.tries[i].begin;
        if (before.result != Result::cut_off || !hangs) continue;
        before.result = Result::trouble;
        before.end = before.begin;
        if (before.transaction == nullptr) continue;
        const Transaction& transaction = *before.transaction;
        for (const journal::Event* event :
             {transaction.mail, transaction.data, transaction.content})
          if (event != nullptr) before.end = std::max(before.end, event->time);
        for (const RecipientReply& recipient : transaction.recipients)
          before.end = std::max(before.end, recipient.event->time);
      }
  }

  void mark_fallbacks(Message& message) const {
    for (Delivery& delivery : message.deliveries)
      for (std::size_t i = 1; i < delivery.tries.size(); ++i) {
        const Session& before = observed_.sessions[delivery.tries[i - 1].session];
        const Session& now = observed_.sessions[delivery.tries[i].session];
        delivery.tries[i].fallback = before.number != now.number && before.tls_failed &&
                                     delivery.tries[i - 1].transaction == nullptr && !now.tls &&
                                     !now.tls_failed;
      }
  }

  Case& observed_;
  std::vector<Unit> units_;
  std::map<std::string, std::size_t> index_;
  std::set<std::ptrdiff_t> reported_; ///< messages whose notification seems to have been tried
};

/// A server journals that it ends a connection when it decides so; it comes after what it holds back.
void hold_ends(Case& observed) {
  for (Session& session : observed.sessions) {
    const auto* ended = session.ended();
    if (ended == nullptr || ended->by != journal::event::EndedBy::server) continue;
    for (auto event = session.events.rbegin(); event != session.events.rend(); ++event)
      if (const auto* exchange = as_exchange(*event)) {
        session.end =
            std::max(*session.end, (*event)->time + holding_of(observed, *exchange).least);
        break;
      }
  }
}

} // namespace

void collect_messages(Case& observed) {
  Collector(observed).run();
}

Case observe(const scenario::Scenario& scenario, const journal::Journal& journal,
             std::optional<scenario::TlsPolicy> tls_policy) {
  Case observed;
  observed.scenario = &scenario;
  observed.tls_policy = tls_policy.value_or(told_about_tls(journal));
  collect_sessions(observed, journal);
  collect_outages(observed, journal);
  hold_ends(observed);
  collect_messages(observed);
  return observed;
}

} // namespace tempfail::verdict
