// A finding is asked for again without what the losses touched: what changes then rests on them.
#include "verdict/losses.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>

namespace tempfail::verdict {
namespace {

/// Of which part of a case a broken rule is known to be broken in the whole.
struct Proof {
  std::string_view rule;
  bool by_some = false;   ///< of some deliveries, whatever became of the others
  bool by_begin = false;  ///< of the beginning of some deliveries
  bool by_others = false; ///< of deliveries of which some tries are not known
  bool by_all = false;    ///< of sessions, of which what came after the loss is left out anyway
};
constexpr Proof of_deliveries(std::string_view rule) {
  return {rule, true, true};
}
constexpr Proof of_pairs(std::string_view rule) {
  return {rule, true, true, true};
}
constexpr Proof of_sessions(std::string_view rule) {
  return {rule, false, false, false, true};
}

/// A rule that is not here may rest on anything: it is only known to be broken before the first loss.
constexpr std::array proofs = {
    of_deliveries("retry"),
    of_deliveries("tries"),
    of_deliveries("gives-up"),
    of_deliveries("delivered"),
    of_deliveries("one-copy"),
    of_deliveries("recipients-one-by-one"),
    of_deliveries("first-retry"),
    of_deliveries("schedule"),
    of_deliveries("jitter"),
    Proof{"back-off", true}, // intervals may grow later
    of_pairs("pause"),
    of_pairs("no-retry"),
    of_pairs("no-duplicate"),
    of_pairs("no-blind-resend"),
    of_pairs("refused-content-unchanged"),
    of_sessions("content"),
    of_sessions("recipients"),
    of_sessions("return-path"),
    of_sessions("untouched"),
    of_sessions("delivered-by"),
    of_sessions("not-asked"),
    of_sessions("closes-after-421"),
    of_sessions("ends-after-failure"),
    of_sessions("leave-taking"),
    of_sessions("waits"),
    of_sessions("time-out"),
    of_sessions("rests"),
    of_sessions("replies-in-step"),
    of_sessions("line-ends"),
    of_sessions("line-length"),
    of_sessions("dot-stuffing"),
    of_sessions("eight-bit-content"),
    of_sessions("eight-bit-command"),
    of_sessions("nul"),
    of_sessions("sequence"),
    of_sessions("syntax"),
    of_sessions("greeting-first"),
    of_sessions("pipelining"),
    of_sessions("extensions"),
    of_sessions("declared-size"),
    of_sessions("starttls-plaintext"),
    of_sessions("uses-tls"),
    of_sessions("protected"),
    of_sessions("refuses-certificate"),
    of_sessions("ignores-injection"),
};

Proof proof_of(const Rule& rule) {
  const auto found = std::find_if(proofs.begin(), proofs.end(),
                                  [&](const Proof& it) { return it.rule == rule.info.id; });
  return found == proofs.end() ? Proof{rule.info.id} : *found;
}

/// A try that a loss has ended.
bool is_lost(const Case& observed, const Try& attempt) {
  return attempt.result == TryResult::cut_off &&
         observed.sessions[attempt.session].was_ended_by_store_loss();
}

/// A connection that was only kept open when its server died.
bool was_idle(const Session& session) {
  if (!session.server_died() || session.transactions.empty()) return false;
  const Transaction& last = session.transactions.back();
  const auto* message = as_exchange(last.message);
  return last.left_by != nullptr || (message != nullptr && message->answered.has_value());
}

/// Reads the losses of a journal.
class LossReader {
 public:
  void read(const journal::Event& event) {
    last_ = std::max(last_, event.time);
    if (const auto* connect = std::get_if<journal::event::Connect>(&event.body))
      clients_[event.session_key()] = connect->client;
    else if (const auto* store = std::get_if<journal::event::Store>(&event.body))
      read(event, *store);
    else if (const auto* exchange = as_exchange(&event);
             exchange != nullptr && exchange->store_lost)
      turned_away_.push_back(&event);
  }

  std::vector<StoreLoss> losses() {
    for (auto& [writer, loss] : open_)
      close(loss, last_, true);
    for (StoreLoss& loss : died_)
      close(std::move(loss), last_, true);
    for (const journal::Event* event : turned_away_)
      loss_at(*event).clients.insert(clients_[event->session_key()]);
    std::stable_sort(losses_.begin(), losses_.end(),
                     [](const StoreLoss& a, const StoreLoss& b) { return a.begin < b.begin; });
    return std::move(losses_);
  }

 private:
  void read(const journal::Event& event, const journal::event::Store& store) {
    if (store.missing != journal::event::Missing::nothing)
      miss(event, store);
    else if (store.lost)
      begin(event, store.since);
    else
      end(event, store.restarted);
  }
  void miss(const journal::Event& event, const journal::event::Store& store) {
    StoreLoss loss;
    loss.begin = std::min(store.since, event.time);
    loss.writer = event.writer;
    loss.event = &event;
    loss.missing = store.missing;
    if (store.missing == journal::event::Missing::some)
      close(loss, event.time, false);
    else
      died_.push_back(std::move(loss));
  }
  void begin(const journal::Event& event, Moment since) {
    StoreLoss loss;
    loss.begin = std::min(since, event.time);
    loss.writer = event.writer;
    loss.event = &event;
    open_.try_emplace(event.writer, loss);
  }
  void end(const journal::Event& event, bool restarted) {
    const auto found = open_.find(event.writer);
    if (found == open_.end()) return;
    found->second.restarted = restarted;
    close(found->second, event.time, false);
    open_.erase(found);
  }
  void close(StoreLoss loss, Moment at, bool to_the_end) {
    loss.end = std::max(at, loss.begin);
    loss.to_the_end = to_the_end;
    losses_.push_back(std::move(loss));
  }
  /// A client may be turned away just before the loss is written down.
  StoreLoss& loss_at(const journal::Event& event) {
    for (StoreLoss& loss : losses_)
      if (loss.writer == event.writer && loss.begin <= event.time && event.time <= loss.end)
        return loss;
    StoreLoss unsaid;
    unsaid.begin = unsaid.end = event.time;
    unsaid.writer = event.writer;
    return losses_.emplace_back(std::move(unsaid));
  }

  std::unordered_map<std::uint64_t, std::string_view> clients_;
  std::vector<const journal::Event*> turned_away_;
  std::map<std::uint32_t, StoreLoss> open_;
  std::vector<StoreLoss> died_; ///< with their servers
  std::vector<StoreLoss> losses_;
  Moment last_{};
};

/// When the sender knew that nothing is left to try; nothing: it did not.
std::optional<Moment> known_to_be_done(const Delivery& delivery) {
  for (const Try& attempt : delivery.tries)
    if (attempt.result == TryResult::permanent ||
        (attempt.result == TryResult::accepted && !attempt.reply_lost))
      return attempt.end;
  return std::nullopt;
}

/// What a case is until a moment, and as it was when this ends.
class Until {
 public:
  Until(Case& observed, Moment moment, const journal::Event* end)
      : observed_(observed), before_{observed.notifications,  observed.unexpected_transactions,
                                     observed.results,        observed.processes,
                                     observed.queue_is_empty, observed.continued,
                                     observed.queries,        observed.unanswered,
                                     observed.forwarded,      observed.last} {
    const auto first =
        std::find_if(observed.sessions.begin(), observed.sessions.end(),
                     [&](const Session& session) { return session.begin >= moment; });
    later_.assign(std::make_move_iterator(first), std::make_move_iterator(observed.sessions.end()));
    observed.sessions.erase(first, observed.sessions.end());
    const auto is_later = [&](const Transaction* one) { return one->begin >= moment; };
    std::erase_if(observed.notifications, is_later);
    std::erase_if(observed.unexpected_transactions, is_later);
    const auto is_later_event = [&](const journal::Event* event) { return event->time >= moment; };
    std::erase_if(observed.processes, is_later_event);
    std::erase_if(observed.queries, is_later_event);
    std::erase_if(observed.forwarded, is_later_event);
    std::erase_if(observed.unanswered,
                  [&](const UnansweredAttempts& one) { return is_later_event(one.event); });
    observed.results.clear();
    observed.queue_is_empty = false;
    observed.continued = end;
    observed.last = moment;
    note_process_ends();
  }
  ~Until() {
    observed_.sessions.insert(observed_.sessions.end(), std::make_move_iterator(later_.begin()),
                              std::make_move_iterator(later_.end()));
    observed_.notifications = std::move(before_.notifications);
    observed_.unexpected_transactions = std::move(before_.unexpected_transactions);
    observed_.results = std::move(before_.results);
    observed_.processes = std::move(before_.processes);
    observed_.queue_is_empty = before_.queue_is_empty;
    observed_.continued = before_.continued;
    observed_.queries = std::move(before_.queries);
    observed_.unanswered = std::move(before_.unanswered);
    observed_.forwarded = std::move(before_.forwarded);
    observed_.last = before_.last;
    note_process_ends();
  }
  Until(const Until&) = delete;
  Until& operator=(const Until&) = delete;

 private:
  struct Kept {
    std::vector<const Transaction*> notifications;
    std::vector<const Transaction*> unexpected_transactions;
    std::vector<const journal::event::Result*> results;
    std::vector<const journal::Event*> processes;
    bool queue_is_empty = false;
    const journal::Event* continued = nullptr;
    std::vector<const journal::Event*> queries;
    std::vector<UnansweredAttempts> unanswered;
    std::vector<const journal::Event*> forwarded;
    Moment last{};
  };

  void note_process_ends() {
    observed_.ends_by_handover.clear();
    observed_.only_process_end = nullptr;
    collect_process_ends(observed_);
  }

  Case& observed_;
  Kept before_;
  std::vector<Session> later_; ///< moved, not copied: tries point to their transactions
};

} // namespace

std::vector<StoreLoss> store_losses_in(const journal::Journal& journal) {
  const auto speaks_of_one = [](const journal::Event& event) {
    const auto* exchange = as_exchange(&event);
    return std::holds_alternative<journal::event::Store>(event.body) ||
           (exchange != nullptr && exchange->store_lost);
  };
  const std::vector<journal::Event>& events = journal.events();
  if (std::none_of(events.begin(), events.end(), speaks_of_one)) return {};
  LossReader reader;
  for (const journal::Event& event : events)
    reader.read(event);
  return reader.losses();
}

JudgeApartFromLosses::JudgeApartFromLosses(Case& observed, const journal::Journal& journal)
    : observed_(observed), losses_(store_losses_in(journal)) {
  if (losses_.empty()) return;
  for (const Message& message : observed_.messages) {
    std::vector<std::size_t>& of_message = touched_.emplace_back();
    for (const Delivery& delivery : message.deliveries) {
      of_message.push_back(first_touching(message, delivery));
      if (of_message.back() != none) touching_.insert(of_message.back());
    }
  }
  for (std::size_t i = 0; i < losses_.size(); ++i)
    if (losses_[i].missing == journal::event::Missing::some) touching_.insert(i);
  for (const Session& session : observed_.sessions) {
    if (!session.was_ended_by_store_loss() || was_idle(session)) continue;
    for (std::size_t i = 0; i < losses_.size(); ++i)
      if (losses_[i].begin <= *session.end && *session.end <= losses_[i].end) touching_.insert(i);
  }
}

std::size_t JudgeApartFromLosses::first_touching(const Message& message,
                                                 const Delivery& delivery) const {
  for (std::size_t i = 0; i < losses_.size(); ++i)
    if (is_touched_by(losses_[i], message, delivery)) return i;
  return none;
}

bool JudgeApartFromLosses::is_of(const StoreLoss& loss, const Try& attempt) const {
  return is_lost(observed_, attempt) && loss.begin <= attempt.end && attempt.end <= loss.end;
}

/// By a try that it ended, or may have ended: of a connection that says nothing before it is turned away nobody knows
/// for which message it is. A store that was restarted may have forgotten all that was under way.
bool JudgeApartFromLosses::is_touched_by(const StoreLoss& loss, const Message& message,
                                         const Delivery& delivery) const {
  constexpr auto longest_first_wait = std::chrono::hours(4); // "30 min to a few hours"
  const auto& tries = delivery.tries;
  if (std::any_of(tries.begin(), tries.end(), [&](const Try& it) { return is_of(loss, it); }))
    return true;
  const bool of_anybody = loss.missing != journal::event::Missing::nothing;
  if (loss.clients.empty() && !loss.restarted && !of_anybody) return false;
  const bool is_known_from_the_start = message.handover != nullptr || tries.empty();
  const Moment begin = is_known_from_the_start ? observed_.first : tries.front().begin;
  if (begin > loss.end)
    return begin - loss.end <= longest_first_wait &&
           (of_anybody || loss.clients.contains(observed_.sessions[tries.front().session].client));
  const std::optional<Moment> done = known_to_be_done(delivery);
  return !done || *done >= loss.begin;
}

template <typename Pick>
std::vector<Message> JudgeApartFromLosses::messages_of(Pick&& pick) const {
  std::vector<Message> picked;
  for (std::size_t i = 0; i < observed_.messages.size(); ++i) {
    const Message& message = observed_.messages[i];
    Message part{message.handover, message.sender, message.envelope_id, {}};
    for (std::size_t j = 0; j < message.deliveries.size(); ++j)
      if (pick(touched_[i][j])) part.deliveries.push_back(message.deliveries[j]);
    if (!part.deliveries.empty()) picked.push_back(std::move(part));
  }
  return picked;
}

std::vector<Message> JudgeApartFromLosses::messages_without_lost_tries() const {
  std::vector<Message> messages = observed_.messages;
  for (Message& message : messages)
    for (Delivery& delivery : message.deliveries)
      std::erase_if(delivery.tries, [&](const Try& it) { return is_lost(observed_, it); });
  return messages;
}

std::vector<Message> JudgeApartFromLosses::messages_until(Moment moment, std::size_t loss) const {
  std::vector<Message> messages =
      messages_of([&](std::size_t first) { return loss == none || first == loss; });
  for (Message& message : messages)
    for (Delivery& delivery : message.deliveries) {
      const std::vector<Try> tries = std::exchange(delivery.tries, {});
      delivery.done = false;
      for (const Try& attempt : tries)
        if (attempt.end < moment) delivery.add(attempt);
    }
  return messages;
}

Check JudgeApartFromLosses::judge_with(std::vector<Message> messages, const Rule& rule,
                                       const scenario::Expectation* expectation) {
  std::swap(observed_.messages, messages);
  Check check = rule.judge(observed_, expectation);
  std::swap(observed_.messages, messages);
  return check;
}

Check JudgeApartFromLosses::judge_until(const StoreLoss& loss, std::vector<Message> messages,
                                        const Rule& rule,
                                        const scenario::Expectation* expectation) {
  const auto later = [&](const Session& session) { return session.begin >= loss.begin; };
  const auto& sessions = observed_.sessions;
  // Where sessions are not in order, what came before can't be cut off.
  if (loss.event == nullptr || !std::is_partitioned(sessions.begin(), sessions.end(),
                                                    [&](const Session& it) { return !later(it); }))
    return {};
  const Until until(observed_, loss.begin, loss.event);
  return judge_with(std::move(messages), rule, expectation);
}

/// The finding on what no loss has touched, if that is broken.
Check JudgeApartFromLosses::broken_apart_from_them(const Rule& rule,
                                                   const scenario::Expectation* expectation) {
  const Proof proof = proof_of(rule);
  const auto is_broken = [](const Check& check) { return check.outcome == Outcome::fail; };
  if (proof.by_some) {
    Check check =
        judge_with(messages_of([](std::size_t first) { return first == none; }), rule, expectation);
    if (is_broken(check)) return check;
  }
  if (proof.by_others) {
    Check check = judge_with(messages_without_lost_tries(), rule, expectation);
    if (is_broken(check)) return check;
  }
  for (const std::size_t index : touching_) {
    const StoreLoss& loss = losses_[index];
    if (proof.by_begin) {
      Check check = judge_until(loss, messages_until(loss.begin, index), rule, expectation);
      if (is_broken(check)) return check;
    } else if (!proof.by_some) {
      return judge_until(loss, messages_until(loss.begin, none), rule, expectation);
    }
  }
  return {};
}

Check JudgeApartFromLosses::undecided_by_losses() const {
  using journal::event::Missing;
  const StoreLoss& loss = losses_[*touching_.begin()];
  std::string actual =
      loss.missing == Missing::nothing ? "the store was lost "
      : loss.missing == Missing::some  ? "events of a server are missing "
      : loss.missing == Missing::rest
          ? "a server died, and its events are missing "
          : "a server was stopped before others, and connections to it were not seen ";
  if (loss.event == nullptr)
    actual += "at " + in_words(loss.begin);
  else
    actual += "from " + in_words(loss.begin) +
              (loss.to_the_end ? " to the end of the journal" : " to " + in_words(loss.end));
  if (touching_.size() > 1) actual += ", and " + times(touching_.size() - 1) + " more";
  actual += loss.missing == Missing::nothing
                ? ": replies of that time, and those that the loss caused, can't be judged"
                : ": what the sender did then is unknown";
  std::vector<Evidence> shown;
  if (loss.event != nullptr) shown.push_back(evidence(*loss.event));
  return Check::undecided(std::move(actual), std::move(shown));
}

/// Whether a rule that is kept by all that is known may be broken by what is missing: anything may be among events that
/// were lost; of a server that died only the tries at its port, and the last that was said there, which was no
/// acceptance. Of one that was stopped on purpose it is taken that nobody who could know went on to send there.
bool JudgeApartFromLosses::may_hide_a_breach(const Rule& rule) const {
  using journal::event::Missing;
  return std::any_of(touching_.begin(), touching_.end(), [&](std::size_t index) {
    const Missing missing = losses_[index].missing;
    return missing == Missing::some || (missing == Missing::rest && !proof_of(rule).by_all);
  });
}

Check JudgeApartFromLosses::judge(const Rule& rule, const scenario::Expectation* expectation) {
  Check all = rule.judge(observed_, expectation);
  if (touching_.empty() || all.outcome == Outcome::undecided) return all;
  if (all.outcome == Outcome::pass && may_hide_a_breach(rule))
    return undecided_by_losses().expecting(std::move(all.expected));
  if (proof_of(rule).by_all) return all;
  if (all.outcome == Outcome::fail) {
    Check apart = broken_apart_from_them(rule, expectation);
    if (apart.outcome == Outcome::fail) return apart;
  } else {
    const Check without = judge_with(messages_without_lost_tries(), rule, expectation);
    if (without.outcome == all.outcome) return all;
  }
  return undecided_by_losses().expecting(std::move(all.expected));
}

} // namespace tempfail::verdict
