// How the sender behaves on a connection after something failed.
#include "journal/names.hpp"
#include "verdict/holding.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
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

bool announces_pipelining(const Exchange& ehlo) {
  return ehlo.code == 250 && ehlo.reply.find("PIPELINING") != std::string_view::npos;
}

bool is_verb(const Exchange& exchange, std::initializer_list<std::string_view> verbs) {
  const std::string_view said = exchange.line.substr(0, 4);
  return std::any_of(verbs.begin(), verbs.end(), [said](std::string_view verb) {
    return std::equal(said.begin(), said.end(), verb.begin(), verb.end(), [](char a, char b) {
      return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
    });
  });
}

/// Follows one session for what is said after a 421. No RFC forbids to take leave: QUIT is due before the client
/// closes (RFC 5321 section 4.1.1.10), RSET may be said at any time (section 4.1.1.5).
class Goodbye {
 public:
  /// The command that should not have come; null: all is well.
  const journal::Event* next(const journal::Event& event, const Exchange& exchange) {
    if (exchange.stage == Stage::ehlo) pipelining_ = announces_pipelining(exchange);
    const bool breach = journal::contains(exchange.breaches, journal::Breach::talked_after_421);
    if ((goodbye_ != nullptr && !exchange.line.empty()) || breach)
      if (!is_verb(exchange, {"QUIT", "RSET"}) && !is_under_way(exchange)) return &event;
    if (exchange.code == 421 && goodbye_ == nullptr) {
      goodbye_ = &event;
      unheard_ = exchange.line.empty() && exchange.stage != Stage::greeting &&
                 exchange.stage != Stage::connect;
    }
    return nullptr;
  }
  const journal::Event* said() const { return goodbye_; }

 private:
  /// Sent before the 421 was read. One that answers no command is read after the next command (RFC 5321
  /// section 3.8); with PIPELINING the rest of a group is under way (RFC 2920 section 3.1, RFC 3030 section 4.2).
  bool is_under_way(const Exchange& exchange) {
    if (std::exchange(unheard_, false)) return true;
    return pipelining_ && is_verb(exchange, {"RCPT", "DATA", "BDAT"});
  }

  const journal::Event* goodbye_ = nullptr;
  bool pipelining_ = false;
  bool unheard_ = false; ///< the 421 came without being asked for
};

Check closes_after_421(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  std::size_t seen = 0;
  std::vector<Evidence> shown;
  for (const Session& session : observed.sessions) {
    Goodbye watch;
    const journal::Event* said = nullptr;
    for (const journal::Event* event : session.events)
      if (const auto* exchange = as_exchange(event); exchange != nullptr && said == nullptr)
        said = watch.next(*event, *exchange);
    const journal::Event* const goodbye = watch.said();
    if (said != nullptr)
      failures.add("went on talking after 421", {},
                   {evidence(goodbye == nullptr ? *said : *goodbye), evidence(*said)});
    if (goodbye == nullptr) continue;
    ++seen;
    if (shown.empty()) shown.push_back(evidence(*goodbye));
    const Duration since = observed.last - goodbye->time;
    if (session.ended() == nullptr && since > std::chrono::minutes(5) + unevenness(observed))
      failures.add("kept the connection open for " + spoken(since) + " after 421", {},
                   {evidence(*goodbye)});
  }
  if (!failures.empty()) return failures.check();
  if (seen != 0) return Check::pass("took leave after 421 (seen " + times(seen) + ")", shown);
  return expectation == nullptr ? Check{} : Check::fail("no 421 was met");
}

/// Follows one session for what comes after a refusal.
class FailureWatch {
 public:
  /// The command that should not have come; null: all is well.
  const journal::Event* next(const journal::Event& event, const Exchange& exchange) {
    if (journal::contains(exchange.breaches, journal::Breach::talked_after_421)) return nullptr;
    if (exchange.stage == Stage::ehlo) pipelining_ = announces_pipelining(exchange);
    const journal::Event* wrong = nullptr;
    if (refusal_ != nullptr && !exchange.line.empty()) {
      if (talks_on(exchange.stage)) wrong = &event;
      refusal_ = nullptr;
    }
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

/// Whether a reply that was held back had left before the connection ended.
bool was_heard(const Case& observed, const Session& session, const journal::Event& reply) {
  const Holding held = holding_of(observed, *as_exchange(&reply));
  return !held.endless && session.disconnect->time - reply.time >= held.least;
}

Check ends_after_failure(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  std::size_t seen = 0;
  for (const Session& session : observed.sessions) {
    FailureWatch watch;
    for (const journal::Event* event : session.events)
      if (const auto* exchange = as_exchange(event)) {
        const journal::Event* before = watch.refusal();
        if (const auto* wrong = watch.next(*event, *exchange))
          failures.add("went on with " + first_line(exchange->line), {},
                       {evidence(*before), evidence(*wrong)});
      }
    if (watch.any()) ++seen;
    const auto* ended = session.ended();
    if (watch.refusal() != nullptr && ended != nullptr &&
        was_heard(observed, session, *watch.refusal()) &&
        (ended->by == EndedBy::client_closed || ended->by == EndedBy::client_reset))
      failures.add("the connection was dropped without QUIT", {},
                   {evidence(*watch.refusal()), evidence(*session.disconnect)});
  }
  if (!failures.empty()) return failures.check();
  if (seen != 0) return Check::pass("RSET, QUIT or a new transaction after each failure");
  return expectation == nullptr ? Check{} : Check::fail("no transaction failed");
}

/// A transaction in which one recipient was accepted and another refused.
bool is_mixed(const Transaction& transaction) {
  const auto refused = [](const RecipientReply& r) { return is_refusal(r.code); };
  return std::any_of(transaction.recipients.begin(), transaction.recipients.end(), refused) &&
         !std::all_of(transaction.recipients.begin(), transaction.recipients.end(), refused);
}

Check one_by_one(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  std::vector<Evidence> shown;
  for (const Session& session : observed.sessions)
    for (const Transaction& transaction : session.transactions) {
      if (!is_mixed(transaction)) continue;
      for (const RecipientReply& recipient : transaction.recipients)
        if (shown.size() < 6) shown.push_back(evidence(*recipient.event));
      if (transaction.data == nullptr && transaction.left_by != nullptr)
        failures.add("the accepted recipients did not get the message because another was refused",
                     {}, {evidence(*transaction.left_by)});
    }
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    if (message.deliveries.size() < 2 || delivery.accepted_count() == 0) return;
    const auto accepted =
        std::find_if(delivery.tries.begin(), delivery.tries.end(),
                     [](const Try& a) { return a.result == Result::accepted && !a.reply_lost; });
    if (accepted == delivery.tries.end()) return;
    for (auto later = std::next(accepted); later != delivery.tries.end(); ++later)
      if (later->transaction != nullptr) {
        failures.add(name_of(delivery) + " was accepted, and given again " +
                         spoken(later->begin - accepted->end) + " later",
                     {}, {evidence(observed, *accepted), evidence(observed, *later)});
        return;
      }
  });
  if (shown.empty())
    return expectation == nullptr
               ? Check{}
               : Check::fail("no transaction had both an accepted and a refused recipient");
  if (!failures.empty()) return failures.check();
  return Check::pass("each recipient had its own fate", shown);
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
  return std::max<Duration>(std::chrono::minutes(1), unevenness(observed));
}

/// Follows connections in the order in which they were opened.
class Crowd {
 public:
  explicit Crowd(const Case& observed) : observed_(observed) {}

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
  const auto first =
      std::find_if(observed.sessions.begin(), observed.sessions.end(), refuses_connections);
  if (first == observed.sessions.end()) return Check::fail("no connection was refused");
  // What was opened shortly after the first refusal could not take it into account.
  const Moment known =
      first->begin + std::max<Duration>(std::chrono::minutes(1), 5 * unevenness(observed));
  std::size_t before = 0;
  std::size_t after = 0;
  const Session* worst = nullptr;
  Crowd crowd(observed);
  for (const Session& session : observed.sessions) {
    const std::size_t wanted = crowd.opens(session);
    if (session.begin <= known) {
      before = std::max(before, wanted);
    } else if (wanted > after) {
      after = wanted;
      worst = &session;
    }
  }
  // Two independent senders that happen to meet are no crowd, even where two are one too many; nor are all runs
  // of a test but the one that got through, however far apart they began.
  const std::size_t runs = observed.under_test() ? observed.scenario->test.runs : 0;
  const std::size_t allowed = std::max({before, runs, std::size_t{3}}) - 1;
  std::vector<Evidence> shown = {evidence(*first->events.back())};
  const std::string expected = "at most " + std::to_string(allowed) + " connections at once";
  const std::string actual =
      std::to_string(before) + " at once before, " + std::to_string(after) + " after";
  if (worst == nullptr)
    return Check::fail("no connection came after the refusal", shown).expecting(expected);
  if (after <= allowed) return Check::pass(actual, shown).expecting(expected);
  shown.push_back(evidence(*worst->events.front()));
  return Check::fail(actual, shown)
      .expecting(expected)
      .missing_by(std::to_string(after - allowed) + " too many");
}

constexpr std::array rules_of_this_file = {
    Rule{{"closes-after-421",
          "After a 421 the client closes the connection; until then it says no more than QUIT or "
          "RSET.",
          "RFC 5321 section 3.8 and section 4.2.3", Keyword::stated, Level::should, true},
         closes_after_421},
    Rule{{"ends-after-failure",
          "After a failed transaction the client says RSET or QUIT, or begins a new one; it "
          "neither talks on nor drops the connection.",
          "RFC 5321 section 4.1.1.10 and section 3.3", Keyword::must_not, Level::should, true,
          "to leave without QUIT loses no mail"},
         ends_after_failure},
    Rule{{"recipients-one-by-one",
          "Each recipient has its own fate: an accepted one is not sent the message again, and a "
          "refused one does not keep the others from theirs.",
          "RFC 5321 section 3.3 and section 4.5.3.1.10", Keyword::stated, Level::must, true,
          "a reply to RCPT speaks of one recipient: who takes it for all of them loses mail, or "
          "delivers it twice"},
         one_by_one},
    Rule{{"concurrency-drops", "After a refusal for too many connections fewer are open at once.",
          "bulk sender guides of large receivers; RFC 5321 section 4.5.4.1 says that a limit may "
          "be appropriate",
          Keyword::practice, Level::should, false,
          "the guides limit the connections of a sender, and refuse who keeps them open"},
         concurrency_drops},
};

} // namespace

std::span<const Rule> conduct_rules() {
  return rules_of_this_file;
}

} // namespace tempfail::verdict
