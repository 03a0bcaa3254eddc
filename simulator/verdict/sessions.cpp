// The events of a journal as sessions and transactions.
#include "journal/names.hpp"
#include "verdict/observation.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace tempfail::verdict {
namespace {

using scenario::Stage;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// The address in "MAIL FROM:<a@b> SIZE=1", lower case, without a source route. What is malformed is read
/// as far as it goes: the session has judged its syntax already.
std::string address_in(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  line.remove_prefix(colon + 1);
  while (!line.empty() && line.front() == ' ')
    line.remove_prefix(1);
  if (!line.empty() && line.front() == '<') {
    line =
        line.substr(1, line.find('>') == std::string_view::npos ? line.size() : line.find('>') - 1);
    if (!line.empty() && line.front() == '@') {
      const std::size_t route_end = line.find(':');
      line.remove_prefix(route_end == std::string_view::npos ? line.size() : route_end + 1);
    }
  } else {
    line = line.substr(0, line.find(' '));
  }
  return lower(line);
}

/// The value of a parameter such as "SIZE=" behind the path; empty: none.
std::string parameter_in(std::string_view line, std::string_view keyword) {
  const std::string folded = lower(line);
  const std::size_t path_end = std::min(folded.find('>'), folded.size());
  const std::size_t at = folded.find(" " + std::string(keyword), path_end);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + 1 + keyword.size();
  return std::string(line.substr(begin, line.find(' ', begin) - begin));
}

/// Follows the events of one session.
class SessionReader {
 public:
  SessionReader(const Case& observed, Session& session, std::size_t index)
      : session_(session), index_(index),
        needs_tls_(observed.tls_policy != scenario::TlsPolicy::opportunistic),
        wrong_certificate_(observed.scenario->server.tls_profile.certificate !=
                           scenario::CertificateProblem::none) {}

  void read(const journal::Event& event) {
    session_.events.push_back(&event);
    std::visit([this, &event](const auto& body) { on(event, body); }, event.body);
  }

 private:
  void on(const journal::Event& event, const journal::event::Connect& connect) {
    session_.client = connect.client;
    handshake_due_ = connect.implicit_tls;
    session_.begin = event.time;
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
      if (is_command && open())
        open()->recipients.push_back({address_in(exchange.line), &event, exchange.code});
      break;
    case Stage::data:
      if (is_command && open() && open()->data == nullptr) open()->data = &event;
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
  void on(const journal::Event&, const journal::event::Tls& tls) {
    (tls.ok ? session_.tls : session_.tls_failed) = true;
    handshake_due_ = false;
  }
  void on(const journal::Event& event, const journal::event::Disconnect& disconnect) {
    if (disconnect.by == journal::event::EndedBy::server_stop) forget_farewell(event);
    session_.disconnect = &event;
    session_.end = event.time;
    session_.tls_failed = session_.tls_failed || handshake_due_ || turned_away_by_tls(disconnect);
  }
  /// Whether the client left without a refusal and without a word of its message, where TLS gave it a reason: it
  /// needs TLS and got none, or it saw a certificate that is not right.
  bool turned_away_by_tls(const journal::event::Disconnect& disconnect) const {
    using journal::event::EndedBy;
    const bool left = disconnect.by != EndedBy::server && disconnect.by != EndedBy::server_stop;
    if (!left || !session_.transactions.empty()) return false;
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
    transaction.begin = transaction.first_of_session ? session_.begin : event.time;
    transaction.sender = address_in(exchange.line);
    transaction.envelope_id = parameter_in(exchange.line, "envid=");
    const std::string size = parameter_in(exchange.line, "size=");
    std::from_chars(size.data(), size.data() + size.size(), transaction.declared_size);
    transaction.tls = session_.tls;
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
};

} // namespace

bool did(const journal::event::Exchange& exchange, std::string_view action) {
  std::string_view rest = exchange.did;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (word == action) return true;
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  return false;
}

const journal::event::Exchange* as_exchange(const journal::Event* event) {
  return event == nullptr ? nullptr : std::get_if<journal::event::Exchange>(&event->body);
}

const journal::event::Disconnect* Session::ended() const {
  return disconnect == nullptr ? nullptr
                               : std::get_if<journal::event::Disconnect>(&disconnect->body);
}

std::string Transaction::identity() const {
  if (content == nullptr) return {};
  const auto& facts = std::get<journal::event::Content>(content->body);
  if (!facts.message_id.empty()) return std::string(facts.message_id);
  return "#" + std::to_string(facts.hash);
}

scenario::TlsPolicy told_about_tls(const journal::Journal& journal) {
  for (const journal::Event& event : journal.events())
    if (const auto* run = std::get_if<journal::event::Run>(&event.body))
      return scenario::find_tls_policy(run->tls_policy)
          .value_or(scenario::TlsPolicy::opportunistic);
  return scenario::TlsPolicy::opportunistic;
}

void collect_sessions(Case& observed, const journal::Journal& journal) {
  const std::string& name = observed.scenario->name;
  const auto concerns = [&name](const journal::Event& event) { return event.scenario == name; };
  // A session on the common port belongs to the scenario that its recipients chose, so what it said
  // before they did counts too.
  std::unordered_map<std::uint64_t, std::size_t> index_by_number;
  for (const journal::Event& event : journal.events())
    if (event.session != 0 && concerns(event)) index_by_number.try_emplace(event.session, 0);
  const auto is_common = [](std::string_view scenario) {
    return scenario.empty() || scenario == "*";
  };
  std::vector<SessionReader> readers;
  observed.sessions.reserve(index_by_number.size());
  bool any = false;
  for (const journal::Event& event : journal.events()) {
    if (const auto* run = std::get_if<journal::event::Run>(&event.body); run != nullptr)
      observed.time_scale = run->time_scale > 0 ? run->time_scale : 1;
    if (!concerns(event) && !is_common(event.scenario)) continue;
    if (event.session == 0) {
      if (std::holds_alternative<journal::event::Sender>(event.body))
        observed.processes.push_back(&event);
      if (std::holds_alternative<journal::event::Note>(event.body))
        observed.notes.push_back(&event);
      if (std::holds_alternative<journal::event::Forwarded>(event.body))
        observed.forwarded.push_back(&event);
    } else {
      const auto found = index_by_number.find(event.session);
      if (found == index_by_number.end()) continue;
      if (found->second == 0) {
        Session session;
        session.number = event.session;
        session.begin = event.time;
        observed.sessions.push_back(std::move(session));
        readers.emplace_back(observed, observed.sessions.back(), observed.sessions.size() - 1);
        found->second = observed.sessions.size();
      }
      readers[found->second - 1].read(event);
    }
    if (!any) observed.first = event.time;
    any = true;
    observed.last = std::max(observed.last, event.time);
  }
}

} // namespace tempfail::verdict
