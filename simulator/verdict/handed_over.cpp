// What was handed over is known before the sender begins: so many messages for these recipients. Whatever names one of
// them, and is no notification and no probe, is a try at that delivery, whatever its envelope sender, size or
// Message-ID are.
#include "verdict/addressees.hpp"
#include "verdict/observation.hpp"
#include "verdict/waiting.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

namespace tempfail::verdict {
namespace {

using journal::event::Handover;

/// A transaction, or a session that never came to one, in the order in which they began.
struct TryEvidence {
  Moment begin{};
  std::size_t session = 0;
  const Transaction* transaction = nullptr;
};

/// Processes of a mail server that were started at the same moment are so far apart on a busy machine, in real time.
constexpr std::chrono::milliseconds same_moment{100};

/// The mailbox at the end of a source route, which is what a server sees of it.
std::string_view last_hop(std::string_view sender) {
  return sender.starts_with('@') ? sender.substr(sender.find(':') + 1) : sender;
}

bool is_refusal(const journal::Event& event) {
  const auto& exchange = std::get<journal::event::Exchange>(event.body);
  return exchange.code >= 400 || exchange.code == 0;
}

/// The client ended it before the content although nothing was refused.
bool went_no_further(const Case& observed, const Transaction& transaction) {
  if (transaction.reached_content() || is_refusal(*transaction.mail)) return false;
  for (const RecipientReply& recipient : transaction.recipients)
    if (is_refusal(*recipient.event)) return false;
  return transaction.left_by != nullptr ||
         observed.sessions[transaction.session].was_ended_by_client();
}

class HandedOver {
 public:
  explicit HandedOver(Case& observed) : observed_(observed), postmasters_(observed) {}

  void run() {
    std::set<std::string_view> with_result;
    for (const auto* result : observed_.results)
      with_result.insert(result->handover);
    for (const Handover* handover : observed_.handovers)
      add(*handover, with_result.contains(handover->id));
    waiting_.emplace(observed_.messages,
                     [this](const Message& message) { return is_elsewhere(message); });
    shown_.resize(observed_.messages.size());
    for (const Session& session : observed_.sessions)
      for (const Transaction& transaction : session.transactions) {
        look_at_habits(transaction);
        if (const Message* const message = by_content(transaction); message != nullptr)
          shown_[index_of(*message)].push_back(&transaction);
      }
    for (auto& all : shown_)
      std::stable_sort(all.begin(), all.end(),
                       [](const auto* a, const auto* b) { return a->begin < b->begin; });
    std::vector<TryEvidence> tries;
    for (std::size_t i = 0; i < observed_.sessions.size(); ++i) {
      const Session& session = observed_.sessions[i];
      if (session.transactions.empty()) tries.push_back({session.begin, i, nullptr});
      for (const Transaction& transaction : session.transactions)
        tries.push_back({transaction.begin, i, &transaction});
    }
    std::stable_sort(tries.begin(), tries.end(),
                     [](const TryEvidence& a, const TryEvidence& b) { return a.begin < b.begin; });
    for (const TryEvidence& one : tries) {
      now_ = one;
      if (one.transaction != nullptr)
        assign(*one.transaction);
      else if (const auto attempt = try_of(observed_, one.session))
        assign(*attempt);
    }
    leave_out_offers();
  }

 private:
  using Indices = std::vector<std::size_t>; ///< into Case::messages, in order

  void add(const Handover& handover, bool has_result) {
    Message message;
    message.handover = &handover;
    message.has_result = has_result;
    message.sender = comparable(last_hop(handover.sender));
    for (const std::string_view recipient : handover.recipients) {
      const Delivery& delivery = delivery_of(message, comparable(recipient));
      by_recipient_[delivery.recipient].push_back(observed_.messages.size());
    }
    by_id_.emplace(handover.id, observed_.messages.size());
    if (!handover.message_id.empty())
      by_message_id_.emplace(handover.message_id, observed_.messages.size());
    senders_.insert(message.sender);
    observed_.messages.push_back(std::move(message));
  }

  /// A command that sends none of the messages that it was only offered did not know of them.
  void leave_out_offers() {
    const auto is_offer = [](const Message& message) { return message.handover->offered; };
    const auto is_known = [&](const Message& message) {
      return is_offer(message) && (message.last_try() || message.has_result);
    };
    auto& messages = observed_.messages;
    if (std::any_of(messages.begin(), messages.end(), is_known)) return;
    observed_.unseen_offers = std::erase_if(messages, is_offer);
  }

  /// Whether what comes next of the message comes on another connection, which was there when this try failed or right
  /// after: then that connection has the message, and this one has another. The same goes for what comes next on this
  /// connection, without a pause: a sender that goes on with a message was refused another one.
  bool is_elsewhere(const Message& message) const {
    const auto& all = shown_[index_of(message)];
    const auto next = std::upper_bound(all.begin(), all.end(), now_.begin,
                                       [](Moment at, const auto* it) { return at < it->begin; });
    if (next == all.end()) return false;
    const Duration at_once = observed_.in_protocol_time(same_moment);
    if ((*next)->session == now_.session)
      return (*next)->begin - now_.begin <= std::max<Duration>(std::chrono::minutes(1), at_once);
    return observed_.sessions[(*next)->session].begin <= now_.begin + at_once;
  }

  /// How this sender goes about it: whether it changes the envelope's sender, whether recipients share a transaction.
  void look_at_habits(const Transaction& transaction) {
    if (!transaction.sender.empty() && senders_.contains(transaction.sender)) keeps_sender_ = true;
    std::size_t known = 0;
    for (const RecipientReply& recipient : transaction.recipients)
      if (by_recipient_.contains(recipient.address)) ++known;
    if (known > 1) joins_recipients_ = true;
    const bool only_strangers = known == 0 && !transaction.recipients.empty();
    if (!transaction.sender.empty())
      has_a_sender_ = has_a_sender_ || !only_strangers;
    else if (only_strangers)
      notifies_ = true;
  }

  /// From <>, though the messages have senders, as whatever this sender sends: to a recipient that is nobody's author.
  bool is_message_from_nobody(const Transaction& transaction) const {
    if (has_a_sender_) return false;
    return std::any_of(transaction.recipients.begin(), transaction.recipients.end(),
                       [&](const RecipientReply& one) {
                         return by_recipient_.contains(one.address) &&
                                !senders_.contains(one.address);
                       });
  }

  /// A message itself, and nothing about it.
  bool is_copy(const Transaction& transaction, const Message* shown) const {
    const auto* facts = transaction.facts();
    return facts != nullptr && (by_message_id_.contains(facts->message_id) ||
                                (shown != nullptr && is_bare_copy(*facts, *shown->handover)));
  }

  /// A notification that could not be delivered, from an address of the sender's own, to its postmaster.
  bool is_double_bounce(const Transaction& transaction, bool other_sender) const {
    const bool may_be =
        transaction.sender.empty() || (other_sender && postmasters_.is_at_home(transaction.sender));
    return may_be &&
           std::all_of(transaction.recipients.begin(), transaction.recipients.end(),
                       [&](const auto& one) { return postmasters_.contains(one.address); });
  }

  /// The message that the content is, by the marks or the Message-ID of what was handed over; null: it does not say.
  Message* by_content(const Transaction& transaction) {
    const auto* facts = transaction.facts();
    if (facts == nullptr) return nullptr;
    const std::string_view mark = facts->marks.substr(0, facts->marks.find(' '));
    if (const auto found = by_id_.find(mark.substr(0, mark.rfind('-'))); found != by_id_.end())
      return &observed_.messages[found->second];
    const auto found = by_message_id_.find(facts->message_id);
    return found == by_message_id_.end() ? nullptr : &observed_.messages[found->second];
  }

  void assign(const Transaction& transaction) {
    Message* const shown = by_content(transaction);
    if (transaction.recipients.empty()) {
      assign_without_recipient(transaction);
      return;
    }
    const auto is_known = [&](const RecipientReply& one) {
      return by_recipient_.contains(one.address);
    };
    const bool names_known =
        std::any_of(transaction.recipients.begin(), transaction.recipients.end(), is_known);
    const bool other_sender = !senders_.contains(transaction.sender);
    const auto* facts = transaction.facts();
    const bool reports = facts != nullptr && !facts->reports.empty();
    // From <> comes a notification, or a call-out that asks whether an address exists; a message may, too.
    const bool from_nobody = transaction.sender.empty() && other_sender;
    const bool is_message = names_known ? shown != nullptr || is_message_from_nobody(transaction)
                                        : is_copy(transaction, shown);
    if (reports || (from_nobody && !is_message)) {
      observed_.notifications.push_back(&transaction);
      return;
    }
    if (!names_known) {
      // The message itself is no notification of it: a copy for its author.
      const bool to_sender =
          !is_message &&
          std::any_of(transaction.recipients.begin(), transaction.recipients.end(),
                      [&](const RecipientReply& one) { return senders_.contains(one.address); });
      if (to_sender || (!is_message && is_double_bounce(transaction, other_sender)))
        observed_.notifications.push_back(&transaction);
      else if (!other_sender || !is_call_out(transaction))
        observed_.unexpected_transactions.push_back(&transaction);
      return;
    }
    if (other_sender && is_call_out(transaction) && !is_one_too_many(transaction)) return;
    if (!std::all_of(transaction.recipients.begin(), transaction.recipients.end(), is_known))
      observed_.unexpected_transactions.push_back(&transaction);
    std::set<Message*> tried;
    Message* meant = nullptr;
    for (const RecipientReply& recipient : transaction.recipients) {
      const auto naming = by_recipient_.find(recipient.address);
      if (naming == by_recipient_.end()) continue;
      // A transaction is for one message, as long as that names its recipients.
      if (shown != nullptr && is_among(naming->second, *shown))
        meant = shown;
      else if (meant == nullptr || !is_among(naming->second, *meant))
        meant = waiting_->for_recipient(transaction.sender, recipient.address);
      Delivery& delivery = delivery_of(*meant, recipient.address);
      // One that is named twice has all its tries already.
      if (!delivery.tries.empty() && delivery.tries.back().transaction == &transaction) continue;
      add_tries(observed_, transaction, recipient.address, delivery);
      tried.insert(meant);
    }
    for (const Message* message : tried)
      waiting_->was_tried(*message);
  }

  /// From a sender that is not the message's: does an address exist? Where the message's own is used, whatever comes
  /// from another one and does not go on to DATA only asks.
  bool is_call_out(const Transaction& transaction) const {
    return (keeps_sender_ && !transaction.reached_content()) ||
           went_no_further(observed_, transaction);
  }

  /// What is refused is no question where all messages for this recipient were rejected before, so that the answer
  /// is known; nor is the fifth about one address. Whatever their senders are, those are tries.
  bool is_one_too_many(const Transaction& transaction) {
    constexpr std::size_t more = 3;
    if (went_no_further(observed_, transaction)) return false; // it only asked
    for (const RecipientReply& recipient : transaction.recipients) {
      const auto naming = by_recipient_.find(recipient.address);
      if (naming == by_recipient_.end()) continue;
      if (!is_open_for_any(recipient.address, naming->second) ||
          ++asked_about_[recipient.address].questions > naming->second.size() + more)
        return true;
    }
    return false;
  }

  /// Whether one of these messages may still be delivered to the recipient. One that was rejected stays so: none is
  /// looked at twice.
  bool is_open_for_any(const std::string& recipient, const Indices& naming) {
    std::size_t& rejected = asked_about_[recipient].rejected;
    const auto is_rejected = [&](const Delivery& delivery) {
      const auto& tries = delivery.tries;
      return delivery.recipient == recipient && delivery.accepted_count() == 0 &&
             std::any_of(tries.begin(), tries.end(),
                         [](const Try& one) { return one.result == TryResult::permanent; });
    };
    while (rejected < naming.size()) {
      const auto& all = observed_.messages[naming[rejected]].deliveries;
      if (std::none_of(all.begin(), all.end(), is_rejected)) return true;
      ++rejected;
    }
    return false;
  }

  /// MAIL was refused, or nothing more was said. From a sender that is not the message's it is a try only where the
  /// message's own is never used.
  void assign_without_recipient(const Transaction& transaction) {
    if (transaction.sender.empty() && !senders_.contains(std::string_view())) {
      Message& waiting = *waiting_->of_any();
      if (has_a_sender_ || notifies_ || waiting.finished())
        observed_.notifications.push_back(&transaction);
      else if (!went_no_further(observed_, transaction))
        add_try(waiting, try_of(observed_, transaction, nullptr));
      return;
    }
    const bool own = senders_.contains(transaction.sender);
    if ((!own && keeps_sender_) || went_no_further(observed_, transaction)) return;
    add_try(*(own ? waiting_->of_sender(transaction.sender) : waiting_->of_any()),
            try_of(observed_, transaction, nullptr));
  }

  /// A connection that failed before MAIL.
  void assign(const Try& attempt) {
    if (Message* const message = waiting_->for_connection(); message != nullptr)
      add_try(*message, attempt);
    else
      add_try_after_all_ended(observed_, attempt);
  }

  void add_try(Message& message, const Try& attempt) {
    if (joins_recipients_ || attempt.transaction != nullptr)
      add_try_without_recipient(message, attempt);
    else
      add_to_longest(message, attempt);
    waiting_->was_tried(message);
  }

  /// Each recipient has a connection of its own: this one is for who has been waiting longest.
  static void add_to_longest(Message& message, const Try& attempt) {
    Delivery* longest = nullptr;
    const auto last = [](const Delivery& delivery) {
      return delivery.tries.empty() ? Moment::min() : delivery.tries.back().end;
    };
    for (Delivery& delivery : message.deliveries)
      if (!delivery.finished() && (longest == nullptr || last(delivery) < last(*longest)))
        longest = &delivery;
    if (longest != nullptr) longest->add(attempt);
  }

  std::size_t index_of(const Message& message) const {
    return static_cast<std::size_t>(&message - observed_.messages.data());
  }
  bool is_among(const Indices& naming, const Message& message) const {
    return std::binary_search(naming.begin(), naming.end(), index_of(message));
  }

  Case& observed_;
  OwnPostmasters postmasters_;
  TryEvidence now_; ///< that is being assigned
  std::vector<std::vector<const Transaction*>>
      shown_; ///< by message: those whose content it is, in order
  std::unordered_map<std::string, Indices> by_recipient_;
  std::unordered_map<std::string_view, std::size_t> by_id_;
  std::unordered_map<std::string_view, std::size_t> by_message_id_;
  std::set<std::string, std::less<>> senders_;
  std::optional<WaitingMessages> waiting_;
  /// What is known of a recipient that questions are about.
  struct AskedAbout {
    std::size_t questions = 0; ///< so far
    std::size_t rejected = 0;  ///< of the messages for it, the first that were rejected
  };
  std::unordered_map<std::string, AskedAbout> asked_about_;
  bool keeps_sender_ = false;     ///< the message's own is used
  bool has_a_sender_ = false;     ///< some address is, and not <>
  bool notifies_ = false;         ///< something came from <> for nobody but strangers and authors
  bool joins_recipients_ = false; ///< several in one transaction
};

} // namespace

void collect_handed_over(Case& observed) {
  HandedOver(observed).run();
}

} // namespace tempfail::verdict
