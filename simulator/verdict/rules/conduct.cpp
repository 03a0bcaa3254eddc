// How the sender behaves on a connection after something failed.
#include "journal/words.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

namespace tempfail::verdict {
namespace {

using journal::event::EndedBy;
using journal::event::Exchange;
using scenario::Level;
using scenario::Stage;

bool is_refusal(int code) {
  return code >= 400 && code < 600;
}

bool is_verb(const Exchange& exchange, std::initializer_list<std::string_view> verbs) {
  return std::find(verbs.begin(), verbs.end(), exchange.verb) != verbs.end();
}

/// "the client sent DATA"
std::string command_of(const journal::Event& event) {
  const std::string_view verb = as_exchange(&event)->verb;
  return "the client sent " + std::string(verb.empty() ? "another command" : verb);
}
/// "452 to MAIL"
std::string reply_of(const Exchange& exchange) {
  return std::to_string(exchange.code) + " to " + std::string(in_words(exchange.stage));
}

/// Follows one session for commands after a 421. QUIT and RSET are allowed there: QUIT is due before the client closes
/// (RFC 5321 section 4.1.1.10), RSET may be sent at any time (section 4.1.1.5).
class After421Watch {
 public:
  /// The command that should not have come; null: all is well.
  const journal::Event* next(const journal::Event& event, const Exchange& exchange) {
    if (exchange.stage == Stage::ehlo) pipelining_ = exchange.pipelining;
    const bool breach = journal::contains(exchange.breaches, journal::Breach::talked_after_421);
    if ((the_421_ != nullptr && !exchange.line.empty()) || breach)
      if (!is_verb(exchange, {"QUIT", "RSET"}) && !is_under_way(exchange)) return &event;
    if (exchange.code == 421 && the_421_ == nullptr) {
      the_421_ = &event;
      unheard_ = exchange.line.empty() && exchange.stage != Stage::greeting &&
                 exchange.stage != Stage::connect;
    }
    return nullptr;
  }
  const journal::Event* said() const { return the_421_; }

 private:
  /// Sent before the 421 was read. One that answers no command is read after the next command (RFC 5321
  /// section 3.8); with PIPELINING the rest of a group is under way (RFC 2920 section 3.1, RFC 3030 section 4.2).
  bool is_under_way(const Exchange& exchange) {
    if (std::exchange(unheard_, false)) return true;
    return pipelining_ && is_verb(exchange, {"RCPT", "DATA", "BDAT"});
  }

  const journal::Event* the_421_ = nullptr;
  bool pipelining_ = false;
  bool unheard_ = false; ///< the 421 came without being asked for
};

Check closes_after_421(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  std::size_t seen = 0;
  std::vector<Evidence> shown;
  for (const Session& session : observed.sessions) {
    After421Watch watch;
    const journal::Event* said = nullptr;
    for (const journal::Event* event : session.events)
      if (const auto* exchange = as_exchange(event); exchange != nullptr && said == nullptr)
        said = watch.next(*event, *exchange);
    const journal::Event* const the_421 = watch.said();
    if (said != nullptr)
      failures.add(command_of(*said) + " after the server had replied 421", {},
                   {evidence(the_421 == nullptr ? *said : *the_421), evidence(*said)});
    if (the_421 == nullptr) continue;
    ++seen;
    if (shown.empty()) shown.push_back(evidence(*the_421));
    const Duration since = observed.last - the_421->time;
    if (session.ended() == nullptr && since > std::chrono::minutes(5) + timing_tolerance(observed))
      failures.add("the client kept the connection open for " + in_words(since) +
                       " after the server had replied 421",
                   {}, {evidence(*the_421)});
  }
  if (!failures.empty()) return failures.check();
  if (seen != 0)
    return Check::pass("the client ended the session after 421 (seen " + times(seen) + ")", shown);
  return expectation == nullptr ? Check{} : Check::not_applicable("no 421 was sent");
}

/// Follows one session for what comes after a refusal.
class FailureWatch {
 public:
  /// The command that should not have come; null: all is well.
  const journal::Event* next(const journal::Event& event, const Exchange& exchange) {
    if (journal::contains(exchange.breaches, journal::Breach::talked_after_421)) return nullptr;
    if (exchange.stage == Stage::ehlo) pipelining_ = exchange.pipelining;
    const journal::Event* wrong = nullptr;
    if (refusal_ != nullptr && !exchange.line.empty()) {
      if (talks_on(exchange.stage) && !is_told_by_sequence(exchange)) wrong = &event;
      refusal_ = nullptr;
    }
    // What was out of sequence had no transaction that could fail.
    if (journal::contains(exchange.breaches, journal::Breach::wrong_sequence)) return wrong;
    if (exchange.stage == Stage::mail) any_recipient_ = false;
    if (exchange.stage == Stage::rcpt && !is_refusal(exchange.code)) any_recipient_ = true;
    const bool counts = exchange.stage == Stage::mail || exchange.stage == Stage::data ||
                        exchange.stage == Stage::message ||
                        (exchange.stage == Stage::rcpt && !any_recipient_);
    if (counts && is_refusal(exchange.code) && exchange.code != 421) {
      refusal_ = &event;
      stage_ = exchange.stage;
      any_ = true;
    }
    return wrong;
  }
  const journal::Event* refusal() const { return refusal_; }
  bool any() const { return any_; }

 private:
  /// A chunk after a refused envelope is out of sequence where it can't have been under way.
  static bool is_told_by_sequence(const Exchange& exchange) {
    return exchange.verb == "BDAT" &&
           journal::contains(exchange.breaches, journal::Breach::wrong_sequence);
  }
  /// With PIPELINING the rest of the group was under way before the refusal came (RFC 2920 section 3.1).
  bool talks_on(Stage next) const {
    switch (next) {
    case Stage::mail: return stage_ == Stage::rcpt || stage_ == Stage::data;
    case Stage::rcpt: return stage_ == Stage::mail && !pipelining_;
    case Stage::data: return (stage_ == Stage::mail || stage_ == Stage::rcpt) && !pipelining_;
    default: return false;
    }
  }

  const journal::Event* refusal_ = nullptr; ///< to which the client has not reacted yet
  Stage stage_{};
  bool pipelining_ = false;
  bool any_recipient_ = false;
  bool any_ = false;
};

Check ends_after_failure(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  std::size_t seen = 0;
  for (const Session& session : observed.sessions) {
    FailureWatch watch;
    for (const journal::Event* event : session.events)
      if (const auto* exchange = as_exchange(event)) {
        const journal::Event* before = watch.refusal();
        if (const auto* wrong = watch.next(*event, *exchange))
          failures.add(command_of(*wrong) + " after the server had replied " +
                           reply_of(*as_exchange(before)),
                       {}, {evidence(*before), evidence(*wrong)});
      }
    if (watch.any()) ++seen;
  }
  if (!failures.empty()) return failures.check();
  if (seen != 0) return Check::pass("the client ended the transaction after a failure");
  return expectation == nullptr ? Check{} : Check::not_applicable("no transaction failed");
}

/// Whether the client could have said QUIT: it was greeted, had said who it is, and was neither kept waiting, sent
/// away, nor answered with something that is no SMTP.
bool could_take_leave(const Session& session) {
  bool said_hello = false;
  bool could = false;
  for (const journal::Event* event : session.events) {
    if (std::get_if<journal::event::Reading>(&event->body) != nullptr) return false;
    const auto* exchange = as_exchange(event);
    if (exchange == nullptr) continue;
    if (exchange->code == 421 || exchange->stage == Stage::quit) return false;
    // What the scenario says in the place of the server may be no reply, or one too many; a refusal is one.
    if (exchange->rule != 0 && exchange->code < 400) return false;
    said_hello = said_hello || (exchange->stage == Stage::ehlo && exchange->code == 250);
    could = exchange->answered && exchange->code >= 200 && exchange->code < 600;
  }
  return said_hello && could && !session.tls_failed;
}

/// QUIT comes before the end, after a success as after a failure.
Check takes_leave(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::size_t seen = 0;
  for (const Session& session : observed.sessions) {
    const auto* ended = session.ended();
    if (ended != nullptr && ended->by == EndedBy::client_quit) ++seen;
    if (!session.client_closed_without_quit() || observed.may_be_ended_by_tempfail(*session.end) ||
        !could_take_leave(session))
      continue;
    const journal::Event* before = nullptr;
    for (const journal::Event* event : session.events)
      if (as_exchange(event) != nullptr) before = event;
    failures.add("the client closed the connection without QUIT", {},
                 {evidence(*before), evidence(*session.disconnect)});
  }
  if (!failures.empty()) return failures.check();
  return seen == 0 ? Check{} : Check::pass("the client sent QUIT before it closed the connection");
}

bool is_refused(const RecipientReply& recipient) {
  return is_refusal(recipient.code);
}

/// A transaction in which one recipient was accepted and another refused.
bool is_mixed(const Transaction& transaction) {
  return std::any_of(transaction.recipients.begin(), transaction.recipients.end(), is_refused) &&
         !std::all_of(transaction.recipients.begin(), transaction.recipients.end(), is_refused);
}

/// The client gave a transaction up by itself before the content; it had recipients.
const journal::Event* given_up_by(const Case& observed, const Transaction& transaction) {
  if (transaction.reached_content()) return nullptr;
  if (transaction.left_by != nullptr) return transaction.left_by;
  const Session& session = observed.sessions[transaction.session];
  // Without an answer it was a time-out that ended it.
  const bool answered = as_exchange(transaction.recipients.back().event)->answered.has_value();
  return session.client_closed_without_quit() && answered &&
                 !observed.may_be_ended_by_tempfail(*session.end)
             ? session.disconnect
             : nullptr;
}

/// Whether some recipients of a message were refused and others accepted, in whatever transactions.
bool is_mixed(const Message& message) {
  bool refused = false;
  bool accepted = false;
  for (const Delivery& delivery : message.deliveries)
    for (const Try& attempt : delivery.tries) {
      if (attempt.result == TryResult::accepted)
        accepted = true;
      else if (attempt.stage == Stage::rcpt && is_refusal(attempt.code))
        refused = true;
    }
  return refused && accepted;
}

/// A delivery of a message.
struct Part {
  const Message* message = nullptr;
  const Delivery* delivery = nullptr;
};
/// The transactions in which messages were tried, each with its deliveries: call-outs and notifications are none.
using Tried = std::map<const Transaction*, std::vector<Part>>;
Tried tried_transactions(const Case& observed) {
  Tried tried;
  observed.each_delivery([&tried](const Message& message, const Delivery& delivery) {
    const Transaction* last = nullptr; // several tries in one are one part
    for (const Try& attempt : delivery.tries)
      if (attempt.transaction != nullptr &&
          std::exchange(last, attempt.transaction) != attempt.transaction)
        tried[attempt.transaction].push_back({&message, &delivery});
  });
  return tried;
}

/// When a delivery arrived; nothing: it did not.
std::optional<Moment> arrived(const Delivery& delivery) {
  for (const Try& attempt : delivery.tries)
    if (attempt.result == TryResult::accepted) return attempt.begin;
  return std::nullopt;
}

/// The deliveries whose recipients a transaction that was given up had accepted, and that came in no other one by then.
std::vector<Part> lost_with(const Transaction& transaction, const std::vector<Part>& tried,
                            Moment until) {
  std::vector<Part> lost;
  for (const Part& part : tried) {
    const bool was_accepted =
        std::any_of(transaction.recipients.begin(), transaction.recipients.end(),
                    [&part](const RecipientReply& one) {
                      return one.address == part.delivery->recipient && !is_refused(one);
                    });
    if (was_accepted && arrived(*part.delivery).value_or(Moment::max()) > until)
      lost.push_back(part);
  }
  return lost;
}

/// Until when the accepted recipients of a transaction that was given up are to get the message in another one. Where
/// one was deferred, all may be tried again together, later; a rejection gives no reason to wait.
Moment due(const Case& observed, const Transaction& transaction, Moment given_up) {
  const bool is_only_deferred =
      std::none_of(transaction.recipients.begin(), transaction.recipients.end(),
                   [](const RecipientReply& one) { return one.code >= 500; });
  if (is_only_deferred) return observed.last;
  return given_up + std::max<Duration>(std::chrono::minutes(1), 12 * timing_tolerance(observed));
}

/// "a@b.test and 2 other accepted recipients"
std::string names_of(const std::vector<Part>& lost) {
  std::string text = name_of(*lost.front().delivery);
  if (lost.size() == 2) text += " and another accepted recipient";
  if (lost.size() > 2)
    text += " and " + std::to_string(lost.size() - 1) + " other accepted recipients";
  return text;
}

std::vector<AffectedDelivery> affected_delivery(const std::vector<Part>& parts) {
  std::vector<AffectedDelivery> of;
  for (const Part& part : parts)
    of.push_back(verdict::affected_delivery(*part.message, *part.delivery));
  return of;
}

/// One that was accepted is sent again because another was refused. Where none was, `no-duplicate` says it.
void look_for_repeats(const Case& observed, Failures& failures) {
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    if (message.deliveries.size() < 2) return;
    const auto accepted =
        std::find_if(delivery.tries.begin(), delivery.tries.end(),
                     [](const Try& a) { return a.result == TryResult::accepted && !a.reply_lost; });
    if (accepted == delivery.tries.end()) return;
    const auto later = std::find_if(std::next(accepted), delivery.tries.end(),
                                    [](const Try& one) { return one.transaction != nullptr; });
    if (later == delivery.tries.end() || !is_mixed(message)) return;
    failures.add(message, delivery,
                 message_for(delivery) +
                     (accepted->was_over_before(*later)
                          ? " was accepted, and sent again " +
                                in_words(later->begin - accepted->end) + " later"
                          : " was accepted, and sent in parallel on another connection"),
                 {}, {evidence(observed, *accepted), evidence(observed, *later)});
  });
}

Check one_by_one(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::vector<Evidence> shown;
  std::vector<Evidence> open;
  const Tried tried = tried_transactions(observed);
  for (const Session& session : observed.sessions)
    for (const Transaction& transaction : session.transactions) {
      const auto parts = tried.find(&transaction);
      if (parts == tried.end() || !is_mixed(transaction)) continue;
      const RecipientReply* refused = nullptr;
      for (const RecipientReply& recipient : transaction.recipients) {
        shown.push_back(evidence(*recipient.event));
        if (is_refused(recipient) && refused == nullptr) refused = &recipient;
      }
      const journal::Event* const end = given_up_by(observed, transaction);
      if (end == nullptr) continue;
      const std::vector<Part> late =
          lost_with(transaction, parts->second, due(observed, transaction, end->time));
      if (late.empty()) continue;
      const std::vector<Part> lost = lost_with(transaction, parts->second, observed.last);
      if (!lost.empty() && observed.end_of_observation() != nullptr)
        open = {evidence(*refused->event), evidence(*end)};
      else
        failures.add(affected_delivery(late),
                     names_of(late) +
                         (lost.empty() ? " got the message only at a later try because "
                                       : " did not get the message because ") +
                         refused->address + " was refused (" + std::to_string(refused->code) + ")",
                     {}, {evidence(*refused->event), evidence(*end)});
    }
  bool apart = false;
  observed.each_delivery([&](const Message& message, const Delivery&) {
    apart = apart || (shown.empty() && is_mixed(message));
  });
  look_for_repeats(observed, failures);
  if (!failures.empty()) return failures.check();
  if (!open.empty())
    return Check::undecided(
        "another recipient was refused, and the accepted ones did not have the message yet when " +
            std::string(observed.end_of_observation_text()),
        open);
  if (apart) return Check::pass("each recipient had its own transaction");
  if (shown.empty())
    return Check::not_applicable("no transaction had both an accepted and a refused recipient");
  return Check::pass("each recipient was handled on its own", shown);
}

bool refuses_connections(const Session& session) {
  return std::any_of(session.events.begin(), session.events.end(), [](const journal::Event* event) {
    const auto* exchange = as_exchange(event);
    return exchange != nullptr && (exchange->code == 421 || (exchange->stage == Stage::greeting &&
                                                             is_refusal(exchange->code)));
  });
}

/// A refused connection is over for the server at once, but not for a client that opens many: what comes
/// so soon after it was under way together with it.
Duration together(const Case& observed) {
  return std::max<Duration>(std::chrono::minutes(1), timing_tolerance(observed));
}

/// Follows connections in the order in which they were opened.
class OpenConnections {
 public:
  explicit OpenConnections(const Case& observed) : observed_(observed) {}

  /// How many connections the client wanted at once when it opened this one.
  std::size_t opens(const Session& session) {
    std::erase_if(open_, [&session](const auto& other) { return other.second <= session.begin; });
    const Moment end = refuses_connections(session) ? session.begin + together(observed_)
                                                    : session.end.value_or(Moment::max());
    open_.emplace_back(&session, end);
    return static_cast<std::size_t>(
        std::count_if(open_.begin(), open_.end(),
                      [&](const auto& other) { return other.first->client == session.client; }));
  }

 private:
  const Case& observed_;
  std::vector<std::pair<const Session*, Moment>> open_;
};

Check concurrency_drops(const Case& observed, const scenario::Expectation*) {
  if (observed.role_is_declared && observed.role == Role::one_shot)
    return Check::not_applicable(
        "a one-shot sender does not decide how many connections are open at once");
  const auto first =
      std::find_if(observed.sessions.begin(), observed.sessions.end(), refuses_connections);
  if (first == observed.sessions.end()) return Check::not_applicable("no connection was refused");
  // What was opened shortly after the first refusal could not take it into account.
  const Moment known =
      first->begin + std::max<Duration>(std::chrono::minutes(1), 5 * timing_tolerance(observed));
  std::size_t before = 0;
  std::size_t after = 0;
  const Session* worst = nullptr;
  OpenConnections open(observed);
  for (const Session& session : observed.sessions) {
    const std::size_t wanted = open.opens(session);
    if (session.begin <= known) {
      before = std::max(before, wanted);
    } else if (wanted > after) {
      after = wanted;
      worst = &session;
    }
  }
  // Two connections at once are always allowed: two independent senders may connect at the same time. So are those of
  // all runs of a test except the one that was accepted: the runs do not know of each other.
  const std::size_t runs = observed.under_test() ? observed.scenario->test.runs : 0;
  const std::size_t allowed = std::max({before, runs, std::size_t{3}}) - 1;
  std::vector<Evidence> shown = {evidence(*first->events.back())};
  const std::string expected = "at most " + std::to_string(allowed) + " connections at once";
  const std::string actual =
      "the client had " + std::to_string(before) + (before == 1 ? " connection" : " connections") +
      " at once before the refusal, and " + std::to_string(after) + " after it";
  if (worst == nullptr) { // whether one should have come is the question of `retry`
    const std::string none = "no connection arrived after the refusal";
    return (observed.end_of_observation() == nullptr ? Check::not_applicable(none)
                                                     : Check::undecided(none, shown))
        .expecting(expected);
  }
  if (after <= allowed) return Check::pass(actual, shown).expecting(expected);
  shown.push_back(evidence(*worst->events.front()));
  return Check::fail(actual, shown)
      .expecting(expected)
      .with_near_miss(std::to_string(after - allowed) + " too many");
}

constexpr std::array conduct_table = {
    Rule{{"closes-after-421",
          "After a 421 the client closes the connection; until then it sends only QUIT or RSET.",
          "RFC 5321 section 3.8 and section 4.2.3", Keyword::stated, Level::should, true},
         closes_after_421},
    Rule{{"ends-after-failure",
          "After a failed transaction the client sends RSET or QUIT, or begins a new transaction.",
          "RFC 5321 section 3.3", Keyword::stated, Level::should, true,
          "commands of a transaction that has failed can only be refused"},
         ends_after_failure},
    Rule{{"leave-taking", "The client sends QUIT before it closes the connection.",
          "RFC 5321 section 4.1.1.10", Keyword::must_not, Level::should, true,
          "closing without QUIT loses no mail"},
         takes_leave},
    Rule{{"recipients-one-by-one",
          "Each recipient is handled on its own: an accepted one does not get the message again, "
          "and a refused one does not stop the delivery to the others.",
          "RFC 5321 section 3.3 and section 4.5.3.1.10", Keyword::stated, Level::must, true,
          "a reply to RCPT is about one recipient: a sender that applies it to all of them loses "
          "mail or delivers it twice"},
         one_by_one},
    Rule{{"concurrency-drops",
          "After a refusal for too many connections, the sender opens fewer at once.",
          "bulk sender guides of large receivers; RFC 5321 section 4.5.4.1 says that a limit may "
          "be appropriate",
          Keyword::practice, Level::should, false,
          "the guides limit the connections of each sender, and refuse senders that keep too many "
          "open"},
         concurrency_drops},
};

} // namespace

std::span<const Rule> conduct_rules() {
  return conduct_table;
}

} // namespace tempfail::verdict
