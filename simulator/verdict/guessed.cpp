// Which try belongs to which message, where nobody said what was handed over: a guess. A try that got as far as the
// content says so by its Message-ID; for one that did not, the envelope must do, and for one that never came to MAIL,
// the time.
#include "verdict/observation.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>

namespace tempfail::verdict {
namespace {

/// A transaction, or a session that never came to one.
struct Unit {
  Moment begin{};
  std::size_t session = 0;
  const Transaction* transaction = nullptr;
  std::string identity;
  Moment end{}; ///< when its result was known
};

/// When tries of one message were under way.
class Busy {
 public:
  /// In the order of their begins.
  void add(Moment begin, Moment end) {
    spans_.push_back({begin, std::max(end, spans_.empty() ? end : spans_.back().latest)});
  }
  bool overlaps(Moment begin, Moment end) const {
    const auto after =
        std::upper_bound(spans_.begin(), spans_.end(), end,
                         [](Moment at, const Span& span) { return at < span.begin; });
    return after != spans_.begin() && std::prev(after)->latest >= begin;
  }

 private:
  struct Span {
    Moment begin{};
    Moment latest{}; ///< end of this one and of all before it
  };
  std::vector<Span> spans_;
};

/// Messages that are not done with: those tried already by how long they wait, the others in their order.
struct Open {
  std::set<std::pair<Moment, std::size_t>> waiting;
  std::set<std::size_t> untried;
};

bool shares_recipient(const Message& message, const Transaction& transaction) {
  if (transaction.recipients.empty()) return true;
  return std::any_of(message.deliveries.begin(), message.deliveries.end(),
                     [&](const Delivery& delivery) {
                       return delivery.recipient.empty() || transaction.names(delivery.recipient);
                     });
}

class Guess {
 public:
  explicit Guess(Case& observed)
      : observed_(observed),
        rest_(std::max<Duration>(std::chrono::minutes(1), 5 * timing_tolerance(observed))) {}

  void run() {
    list_units();
    for (Unit& unit : units_) {
      unit.end = end_of(unit);
      if (!unit.identity.empty()) announce(unit);
    }
    for (std::size_t i = 0; i < observed_.messages.size(); ++i)
      enter(i);
    for (const Unit& unit : units_)
      assign(unit);
  }

 private:
  void list_units() {
    bool any_sender = false;
    for (const Session& session : observed_.sessions)
      for (const Transaction& transaction : session.transactions)
        any_sender = any_sender || !transaction.sender.empty();
    for (std::size_t i = 0; i < observed_.sessions.size(); ++i) {
      const Session& session = observed_.sessions[i];
      if (session.transactions.empty()) units_.push_back({session.begin, i, nullptr, {}, {}});
      for (const Transaction& transaction : session.transactions) {
        const auto* facts = transaction.facts();
        const bool reports = facts != nullptr && !facts->reports.empty();
        if (reports || (any_sender && transaction.sender.empty()))
          observed_.notifications.push_back(&transaction);
        else
          units_.push_back({transaction.begin, i, &transaction, identity_of(transaction), {}});
      }
    }
    std::stable_sort(units_.begin(), units_.end(),
                     [](const Unit& a, const Unit& b) { return a.begin < b.begin; });
  }

  /// Where the scenario sends messages on, the same message comes again, one hop further on.
  std::string identity_of(const Transaction& transaction) const {
    std::string identity = transaction.identity();
    if (!identity.empty() && observed_.scenario->server.forward)
      identity += " after " + std::to_string(transaction.facts()->received_fields);
    return identity;
  }

  void announce(const Unit& unit) {
    const auto [at, is_new] = index_.try_emplace(unit.identity, observed_.messages.size());
    if (is_new) {
      Message message;
      describe(message, *unit.transaction);
      observed_.messages.push_back(std::move(message));
      busy_.emplace_back();
    }
    for (const RecipientReply& recipient : unit.transaction->recipients)
      delivery_of(observed_.messages[at->second], recipient.address);
    busy_[at->second].add(unit.begin, unit.end);
  }
  static void describe(Message& message, const Transaction& transaction) {
    message.sender = transaction.sender;
    message.envelope_id = transaction.envelope_id;
  }

  void assign(const Unit& unit) {
    std::optional<Try> attempt;
    if (unit.transaction == nullptr) {
      attempt = try_of(observed_, unit.session);
      if (!attempt) return;
      if (observed_.messages.size() == 1 && observed_.messages[0].finished()) {
        add_try_after_all_ended(observed_, *attempt);
        return;
      }
    }
    const std::size_t index = message_for(unit);
    leave(index);
    Message& message = observed_.messages[index];
    if (unit.transaction == nullptr) {
      add_try_without_recipient(message, *attempt);
    } else {
      if (message.sender.empty()) describe(message, *unit.transaction);
      add(message, *unit.transaction);
    }
    enter(index);
  }

  std::size_t message_for(const Unit& unit) {
    if (!unit.identity.empty()) return index_.at(unit.identity);
    if (const auto found = open_message_for(unit)) return *found;
    // A further try at an envelope that is done with is a repetition; a further connection need not be.
    if (unit.transaction != nullptr) {
      for (const RecipientReply& recipient : unit.transaction->recipients) {
        const auto found = done_.find({unit.transaction->sender, recipient.address});
        if (found != done_.end() && fits(observed_.messages[found->second], *unit.transaction))
          return found->second;
      }
    }
    observed_.messages.emplace_back();
    busy_.emplace_back();
    return observed_.messages.size() - 1;
  }

  /// Of those that this try may be about the one that waits longest; of those not tried yet the first known one; then
  /// those that have failed just now, for what comes so soon after is likelier another message. One of which another
  /// try was under way at that time comes last.
  std::optional<std::size_t> open_message_for(const Unit& unit) const {
    constexpr std::size_t looked_at = 64; // a guess need not look at a hundred thousand
    std::optional<std::size_t> busy;
    std::optional<std::size_t> chosen;
    std::size_t left = looked_at;
    const auto consider = [&](std::size_t index) {
      if (left == 0) return true;
      --left;
      const Message& message = observed_.messages[index];
      if (unit.transaction != nullptr && !fits(message, *unit.transaction)) return false;
      if (busy_[index].overlaps(unit.begin, unit.end)) {
        if (!busy) busy = index;
        return false;
      }
      chosen = index;
      return true;
    };
    const auto look_through = [&](const Open& open) {
      const auto tired = open.waiting.upper_bound({unit.begin - rest_, SIZE_MAX});
      for (auto it = open.waiting.begin(); it != tired; ++it)
        if (consider(it->second)) return;
      for (const std::size_t index : open.untried)
        if (consider(index)) return;
      for (auto it = tired; it != open.waiting.end(); ++it) {
        if (it->first > unit.begin) break; // is being tried elsewhere at the moment
        if (consider(it->second)) return;
      }
    };
    if (unit.transaction == nullptr) {
      look_through(open_);
    } else {
      for (const std::string& sender : {unit.transaction->sender, std::string()}) {
        const auto found = open_by_sender_.find(sender);
        if (found != open_by_sender_.end() && !chosen) look_through(found->second);
      }
    }
    return chosen ? chosen : busy;
  }

  /// Of a message whose sender is not known, or is the transaction's.
  static bool fits(const Message& message, const Transaction& transaction) {
    if (!message.envelope_id.empty() && !transaction.envelope_id.empty() &&
        message.envelope_id != transaction.envelope_id)
      return false;
    return shares_recipient(message, transaction);
  }

  Moment end_of(const Unit& unit) const {
    if (unit.transaction != nullptr) return try_of(observed_, *unit.transaction, nullptr).end;
    const auto attempt = try_of(observed_, unit.session);
    return attempt ? attempt->end : unit.begin;
  }

  void add(Message& message, const Transaction& transaction) const {
    if (transaction.recipients.empty())
      add_try_without_recipient(message, try_of(observed_, transaction, nullptr));
    std::set<std::string_view> seen;
    for (const RecipientReply& recipient : transaction.recipients)
      if (seen.insert(recipient.address).second)
        add_tries(observed_, transaction, recipient.address,
                  delivery_of(message, recipient.address));
  }

  // A message's place among the open ones; it leaves before it changes.
  void enter(std::size_t index) {
    const Message& message = observed_.messages[index];
    const auto last = message.last_try();
    if (message.finished()) {
      for (const Delivery& delivery : message.deliveries)
        done_[{message.sender, delivery.recipient}] = index;
      return;
    }
    for (Open* open : {&open_, &open_by_sender_[message.sender]})
      if (last)
        open->waiting.emplace(*last, index);
      else
        open->untried.insert(index);
  }
  void leave(std::size_t index) {
    const Message& message = observed_.messages[index];
    const auto last = message.last_try();
    for (Open* open : {&open_, &open_by_sender_[message.sender]})
      if (last)
        open->waiting.erase({*last, index});
      else
        open->untried.erase(index);
  }

  Case& observed_;
  const Duration rest_; ///< for which a message that has failed is left alone by most senders
  std::vector<Unit> units_;
  std::unordered_map<std::string, std::size_t> index_; ///< by identity
  std::vector<Busy> busy_;                             ///< of each message
  Open open_;
  std::unordered_map<std::string, Open> open_by_sender_;            ///< "": not known, or <>
  std::map<std::pair<std::string, std::string>, std::size_t> done_; ///< by sender and recipient
};

} // namespace

void collect_guessed(Case& observed) {
  Guess(observed).run();
}

} // namespace tempfail::verdict
