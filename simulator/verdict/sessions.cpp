// The events of a journal as sessions and transactions.
#include "journal/words.hpp"
#include "verdict/observation.hpp"
#include "verdict/shared_port.hpp"
#include "wire/address.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace tempfail::verdict {
namespace {

using scenario::Stage;

/// Follows the events of one session.
class SessionReader {
 public:
  SessionReader(const Case& observed, Session& session, std::size_t index)
      : session_(session), index_(index),
        needs_tls_(observed.tls_policy != scenario::TlsPolicy::opportunistic),
        wrong_certificate_(observed.scenario->server.tls_profile.certificate !=
                           scenario::CertificateProblem::none) {}

  void read(const journal::Event& event) {
    // What is said after the store was lost is no scenario's, and the client's answer to that is to nothing of it.
    const auto* exchange = as_exchange(&event);
    store_lost_ = store_lost_ || (exchange != nullptr && exchange->store_lost);
    if (store_lost_ && !std::holds_alternative<journal::event::Disconnect>(event.body)) return;
    session_.events.push_back(&event);
    std::visit([this, &event](const auto& body) { on(event, body); }, event.body);
  }

 private:
  void on(const journal::Event&, const journal::event::Connect& connect) {
    session_.client = connect.client;
    handshake_due_ = connect.implicit_tls;
  }
  void on(const journal::Event& event, const journal::event::Exchange& exchange) {
    // What comes after the end has the stage at which it ended, and an end that nobody asked for no line.
    if (journal::contains(exchange.breaches, journal::Breach::talked_after_421)) return;
    const bool is_command = !exchange.line.empty();
    switch (exchange.stage) {
    case Stage::starttls:
      handshake_due_ = exchange.code == 220;
      if (!handshake_due_) session_.tls_failed = true;
      break;
    case Stage::mail:
      if (is_command) begin(event, exchange);
      break;
    case Stage::rcpt:
      if (is_command && open() && exchange.address)
        open()->recipients.push_back({comparable(*exchange.address), &event, exchange.code});
      break;
    case Stage::data:
      if (!is_command || !open()) break;
      if (open()->data == nullptr)
        open()->data = &event;
      else if (exchange.code >=
               400) { // a later chunk was refused, and the message with it (RFC 3030 section 2)
        open()->message = &event;
        open_ = false;
      }
      break;
    case Stage::content: // a reply in mid-content takes the place of the one behind it
      if (open() && exchange.code != 0) open()->message = &event;
      break;
    case Stage::message:
      if (open()) open()->message = &event;
      open_ = false;
      break;
    case Stage::ehlo: greeted_ = greeted_ || is_command; [[fallthrough]];
    case Stage::rset:
    case Stage::quit:
      if (open()) open()->left_by = &event;
      open_ = false;
      break;
    default: break;
    }
  }
  void on(const journal::Event& event, const journal::event::Content&) {
    if (open()) open()->content = &event;
  }
  void on(const journal::Event& event, const journal::event::Accepted&) {
    if (!session_.transactions.empty()) session_.transactions.back().accepted = &event;
  }
  void on(const journal::Event& event, const journal::event::Tls& tls) {
    (tls.ok ? session_.tls : session_.tls_failed) = true;
    if (!tls.ok) session_.failed_handshake = &event;
    handshake_due_ = false;
  }
  void on(const journal::Event& event, const journal::event::Disconnect& disconnect) {
    if (disconnect.by == journal::event::EndedBy::server_stop) forget_farewell(event);
    session_.disconnect = &event;
    session_.end = event.time;
    if (store_lost_) return;
    session_.tls_failed = session_.tls_failed || handshake_due_ || turned_away_by_tls();
  }
  /// Whether the client left without a refusal and without a word of its message, where TLS gave it a reason: it
  /// needs TLS and got none, or it saw a certificate that is not right.
  bool turned_away_by_tls() const {
    if (!session_.was_ended_by_client() || !session_.transactions.empty()) return false;
    return session_.tls ? wrong_certificate_ : needs_tls_ && greeted_;
  }
  template <typename Other>
  void on(const journal::Event&, const Other&) {}

  /// The 421 with which a server that is stopped says good-bye is no answer to anything.
  void forget_farewell(const journal::Event& end) {
    auto& events = session_.events;
    if (events.size() < 2) return;
    const auto* farewell = as_exchange(events[events.size() - 2]);
    if (farewell != nullptr && farewell->line.empty() && farewell->code == 421 &&
        events[events.size() - 2]->time == end.time) {
      if (!session_.transactions.empty() &&
          session_.transactions.back().message == events[events.size() - 2])
        session_.transactions.back().message = nullptr;
      events.erase(events.end() - 2);
    }
  }

  void begin(const journal::Event& event, const journal::event::Exchange& exchange) {
    // A MAIL inside a transaction is refused with 503 and changes nothing (RFC 5321 section 4.1.4).
    if (open() != nullptr && exchange.code == 503) return;
    if (open() != nullptr) open()->left_by = &event;
    Transaction transaction;
    transaction.session = index_;
    transaction.first_of_session = session_.transactions.empty();
    transaction.begin = transaction.first_of_session ? session_.begin : exchange.asked;
    transaction.sender = comparable(exchange.address.value_or(std::string_view()));
    transaction.envelope_id = exchange.envelope_id;
    transaction.mail = &event;
    session_.transactions.push_back(std::move(transaction));
    open_ = true;
  }
  Transaction* open() { return open_ ? &session_.transactions.back() : nullptr; }

  Session& session_;
  std::size_t index_;
  bool needs_tls_;
  bool wrong_certificate_;
  bool greeted_ = false;       ///< said EHLO
  bool handshake_due_ = false; ///< began, and has not come to an end
  bool open_ = false;
  bool store_lost_ = false; ///< and said so
};

} // namespace

std::string comparable(std::string_view address) {
  return wire::comparable_address(address);
}

const journal::event::Exchange* as_exchange(const journal::Event* event) {
  return event == nullptr ? nullptr : std::get_if<journal::event::Exchange>(&event->body);
}

const journal::event::Disconnect* Session::ended() const {
  return disconnect == nullptr ? nullptr
                               : std::get_if<journal::event::Disconnect>(&disconnect->body);
}

bool Session::client_closed_without_quit() const {
  using journal::event::EndedBy;
  const auto* how = ended();
  return how != nullptr && (how->by == EndedBy::client_closed || how->by == EndedBy::client_reset);
}

bool Session::was_ended_by_client() const {
  using journal::event::EndedBy;
  const auto* how = ended();
  return how != nullptr && how->by != EndedBy::server && !is_end_by_neither_side(how->by);
}

bool Session::was_ended_by_store_loss() const {
  const auto* how = ended();
  return server_died() || (how != nullptr && how->by == journal::event::EndedBy::store_lost);
}

const journal::event::Content* Transaction::facts() const {
  return content == nullptr ? nullptr : &std::get<journal::event::Content>(content->body);
}

std::string Transaction::identity() const {
  const auto* known = facts();
  if (known == nullptr) return {};
  if (!known->message_id.empty()) return std::string(known->message_id);
  return "#" + std::to_string(known->hash);
}

bool Transaction::reached_content() const {
  return data != nullptr || content != nullptr || message != nullptr;
}

bool Transaction::names(std::string_view recipient) const {
  return std::any_of(recipients.begin(), recipients.end(),
                     [recipient](const RecipientReply& one) { return one.address == recipient; });
}

namespace {

/// Whether a query asks for names of the scenario: those for other names are no server's.
bool is_own(const journal::Event& query) {
  return query.server != 0;
}

/// What of the scenario took effect, as the event says of itself.
void note_effect(const journal::Event& event, ScenarioEffects& effects) {
  if (const auto* exchange = as_exchange(&event)) {
    if (exchange->met && exchange->rule == 0) effects.extensions = true;
    if (!exchange->met || exchange->rule == 0) return;
    effects.rules.insert(exchange->rule);
    effects.stages.insert(exchange->stage);
  } else if (const auto* tls = std::get_if<journal::event::Tls>(&event.body)) {
    effects.tls = effects.tls || tls->met;
  } else if (const auto* listen = std::get_if<journal::event::Listen>(&event.body)) {
    effects.listen = effects.listen || listen->unanswered != 0 || listen->refused != 0;
  } else if (const auto* query = std::get_if<journal::event::Query>(&event.body)) {
    effects.names = effects.names || (query->met && is_own(event));
  } else if (std::holds_alternative<journal::event::Forwarded>(event.body)) {
    effects.forwarded = true;
  }
}

/// The name of the host whose server the event is about; empty: not known.
std::string_view host_of(const journal::Journal& journal, const journal::Event& event) {
  const journal::event::Server* const server = journal.server_of(event);
  return server == nullptr || server->hosts.empty() ? std::string_view()
                                                    : server->hosts.front().name;
}

/// What concerns no session.
void collect_other(Case& observed, const journal::Journal& journal, const journal::Event& event) {
  if (std::holds_alternative<journal::event::Process>(event.body))
    observed.processes.push_back(&event);
  else if (std::holds_alternative<journal::event::QueueEmpty>(event.body))
    observed.queue_is_empty = true;
  else if (std::holds_alternative<journal::event::Query>(event.body) && is_own(event))
    observed.queries.push_back(&event);
  else if (std::holds_alternative<journal::event::Forwarded>(event.body))
    observed.forwarded.push_back(&event);
  else if (const auto* handover = std::get_if<journal::event::Handover>(&event.body))
    observed.handovers.push_back(handover);
  else if (const auto* result = std::get_if<journal::event::Result>(&event.body)) {
    if (result->problem.empty())
      observed.results.push_back(result);
    else
      observed.unreadable_results.push_back(result);
  } else if (const auto* listen = std::get_if<journal::event::Listen>(&event.body);
             listen != nullptr && (listen->unanswered != 0 || listen->refused != 0))
    observed.unanswered.push_back({host_of(journal, event), &event});
}

} // namespace

namespace {

/// Whether the last run in a journal came to its end.
bool is_complete(const journal::Journal& journal) {
  bool complete = false;
  for (const journal::Event& event : journal.events()) {
    if (std::holds_alternative<journal::event::Run>(event.body)) complete = false;
    if (std::holds_alternative<journal::event::End>(event.body)) complete = true;
  }
  return complete;
}

/// Sessions of servers that died while they were open.
void end_with_their_servers(Case& observed, const journal::Journal& journal) {
  for (const journal::Event& event : journal.events()) {
    const auto* store = std::get_if<journal::event::Store>(&event.body);
    if (store == nullptr || store->missing != journal::event::Missing::rest) continue;
    for (Session& session : observed.sessions) {
      if (session.events.front()->writer != event.writer) continue;
      session.server_death = event.time;
      if (!session.end) session.end = event.time;
    }
  }
}

/// Until when an event says that protocol time had come: a clock that is moved is told of before it moves.
Moment end_of(const journal::Event& event) {
  const auto* moved = std::get_if<journal::event::Advance>(&event.body);
  return moved == nullptr ? event.time : event.time + moved->by;
}

} // namespace

void collect_sessions(Case& observed, const journal::Journal& journal) {
  const std::string& name = observed.scenario->name;
  const auto concerns = [&](const journal::Event& event) {
    return journal.scenario_of(event) == name && !journal.lacks_beginning(event);
  };
  // A session on the shared port belongs to the scenario that its recipients chose, so what it said
  // before they did counts too. So does a notification that came there: it goes to the message's sender, who is
  // nobody's scenario, and says whom it is about.
  std::unordered_map<std::uint64_t, std::size_t> index_by_key;
  std::set<std::string> recipients;
  std::set<std::uint32_t>
      writers; // those that served the scenario: what others say of their whole runs is about others
  for (const journal::Event& event : journal.events()) {
    if (!concerns(event)) continue;
    writers.insert(event.writer);
    if (event.session == 0) continue;
    index_by_key.try_emplace(event.session_key(), 0);
    const auto* exchange = as_exchange(&event);
    if (exchange != nullptr && exchange->stage == Stage::rcpt && exchange->address)
      recipients.insert(comparable(*exchange->address));
  }
  for (const journal::Event& event : journal.events())
    if (event.session != 0 && is_on_shared_port(journal, event) && reports_on(event, recipients))
      index_by_key.try_emplace(event.session_key(), 0);
  const auto others = mail_of_other_scenarios(journal, name, recipients);
  std::vector<SessionReader> readers;
  observed.sessions.reserve(index_by_key.size());
  bool any = false;
  for (const journal::Event& event : journal.events()) {
    if (event.session == 0 && !writers.empty() && !writers.contains(event.writer)) continue;
    if (const auto* run = std::get_if<journal::event::Run>(&event.body); run != nullptr) {
      observed.run = run;
      observed.time_scale = run->time_scale > 0 ? run->time_scale : 1;
      constexpr Duration most = std::chrono::hours(24); // in place of nonsense
      observed.clock_error = std::max(observed.clock_error, std::min(run->clock_error, most));
    }
    if (!concerns(event) && !is_on_shared_port(journal, event)) continue;
    if (others.contains(&event)) continue;
    note_effect(event, observed.effects);
    if (event.session == 0) {
      collect_other(observed, journal, event);
    } else {
      const auto found = index_by_key.find(event.session_key());
      if (found == index_by_key.end()) continue;
      if (found->second == 0) {
        Session session;
        session.number = event.session;
        session.host = host_of(journal, event);
        session.begin = event.time;
        observed.sessions.push_back(std::move(session));
        readers.emplace_back(observed, observed.sessions.back(), observed.sessions.size() - 1);
        found->second = observed.sessions.size();
      }
      readers[found->second - 1].read(event);
    }
    if (!any) observed.first = event.time;
    any = true;
    observed.last = std::max(observed.last, end_of(event));
  }
  end_with_their_servers(observed, journal);
  if (journal.events().empty()) return;
  const journal::Event& last = journal.events().back();
  if (std::holds_alternative<journal::event::Continued>(last.body))
    observed.continued = &last;
  else if (!is_complete(journal))
    observed.cut_at = &last;
}

} // namespace tempfail::verdict
