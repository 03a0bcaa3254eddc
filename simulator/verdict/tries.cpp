// The result for one recipient in one transaction, and of a session that never came to one.
#include "verdict/observation.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

namespace tempfail::verdict {
namespace {

using journal::event::EndedBy;
using scenario::Stage;

TryResult result_of(int code) {
  if (code >= 400 && code < 500) return TryResult::transient;
  if (code >= 500 && code < 600) return TryResult::permanent;
  return TryResult::no_valid_reply; // no reply, or none that SMTP knows
}

bool is_success(int code) {
  return code >= 200 && code < 300;
}

/// The server let the client wait or cut it off: what follows is not the client's choice.
bool is_disturbance(const journal::event::Exchange& exchange) {
  return exchange.code == 0 || exchange.rule != 0;
}

/// Calls visit(event, exchange) for what was said in a session, up to an event (null: all of it).
template <typename Visit>
void each_exchange(const Session& session, const journal::Event* until, Visit&& visit) {
  for (const journal::Event* event : session.events) {
    if (event == until) return;
    if (const auto* exchange = as_exchange(event)) visit(event, *exchange);
  }
}

/// Commands that are no step of a delivery, whatever the reply to them is.
bool is_aside(const journal::event::Exchange& exchange) {
  return exchange.stage == Stage::quit || exchange.stage == Stage::rset ||
         exchange.stage == Stage::noop || exchange.stage == Stage::idle ||
         (exchange.stage == Stage::vrfy && exchange.rule == 0);
}

/// The last exchange of a session that is no farewell, up to `until` (null: all).
const journal::Event* last_exchange(const Session& session, const journal::Event* until = nullptr) {
  const journal::Event* last = nullptr;
  each_exchange(session, until, [&last](const auto* event, const auto& exchange) {
    if (!is_aside(exchange)) last = event;
  });
  return last;
}

/// Whether the scenario had meddled with a session before an event. That another recipient was refused says nothing of
/// the one whose try this is.
bool was_disturbed(const Session& session, const journal::Event* until) {
  bool disturbed = false;
  each_exchange(session, until, [&disturbed](const auto*, const auto& exchange) {
    const bool is_of_another =
        exchange.stage == Stage::rcpt && exchange.code >= 400 && exchange.answered;
    disturbed =
        disturbed || exchange.stage == Stage::idle || (is_disturbance(exchange) && !is_of_another);
  });
  return disturbed;
}

/// DATA is answered with 354, BDAT with 250 (RFC 3030 section 2).
bool is_go_ahead(const journal::event::Exchange& data) {
  return data.code == 354 || (is_success(data.code) && data.verb == "BDAT");
}

/// The moment from which the client could know what an event says.
Moment known_at(const journal::Event& event) {
  const auto* exchange = as_exchange(&event);
  return exchange == nullptr ? event.time : exchange->answered.value_or(event.time);
}

void decide(Try& attempt, const journal::Event& event, TryResult result) {
  attempt.result = result;
  attempt.event = &event;
  attempt.end = known_at(event);
  if (const auto* exchange = as_exchange(&event)) {
    attempt.stage = exchange->stage;
    attempt.code = exchange->code;
  }
}

/// A try that just stopped, without a refusal: by whom?
void decide_by_end(const Case& observed, const Session& session, const journal::Event* left_by,
                   Try& attempt) {
  const auto* ended = session.ended();
  if (left_by != nullptr) {
    // What it was told before it left says more than the farewell.
    const journal::Event* before = last_exchange(session, left_by);
    const TryResult result =
        was_disturbed(session, left_by) ? TryResult::no_valid_reply : TryResult::abandoned;
    decide(attempt, before != nullptr ? *before : *left_by, result);
    attempt.end = left_by->time;
    return;
  }
  if (ended == nullptr) {
    attempt.result = TryResult::cut_off;
    attempt.event = session.events.back();
    attempt.end = session.end.value_or(observed.last);
    return;
  }
  // Who ended a handshake, and why, is not said by who closed the connection then.
  decide(attempt,
         session.failed_handshake != nullptr ? *session.failed_handshake : *session.disconnect,
         TryResult::no_valid_reply);
  attempt.end = session.disconnect->time;
  attempt.stage = ended->stage;
  if (is_end_by_neither_side(ended->by)) attempt.result = TryResult::cut_off;
  const bool disturbed = session.tls_failed || last_exchange(session) == nullptr ||
                         was_disturbed(session, session.disconnect);
  if (ended->by == EndedBy::client_closed && !disturbed) attempt.result = TryResult::abandoned;
}

/// How much earlier than the server a client may have known that a try was over: where it ended the connection itself,
/// without a reply.
Duration known_earlier(const Case& observed, const Try& attempt) {
  const auto* ended = observed.sessions[attempt.session].ended();
  const bool by_client =
      attempt.code == 0 && ended != nullptr &&
      (ended->by == EndedBy::client_closed || ended->by == EndedBy::client_reset);
  return by_client ? 5 * timing_tolerance(observed) : Duration::zero();
}

/// How long after its acceptance a server that died may not have told its client: the journal has to be kept first.
Duration longest_to_keep(const Case& observed) {
  constexpr std::chrono::milliseconds real(2500); // the wait for the store, and a busy machine
  return observed.in_protocol_time(real);
}

/// How long a client is to wait for the answer to a message (RFC 5321 section 4.5.3.2.6).
constexpr Duration time_for_the_answer = std::chrono::minutes(10);

/// Accepted, but was the sender told? RFC 5321 section 6.1, RFC 1047.
bool is_reply_lost(const Case& observed, const Session& session, const Transaction& transaction) {
  const auto* exchange = as_exchange(transaction.message);
  if (exchange == nullptr || !is_success(exchange->code) || !exchange->answered) return true;
  // Whoever goes on after the reply has read it. What was said before it came was said without it.
  // Events of a session are in the journal's order, as they are in its memory.
  const auto at = std::lower_bound(session.events.begin(), session.events.end(),
                                   transaction.message, std::less<>());
  const bool may_not_have_left =
      session.server_death &&
      *session.server_death - *exchange->answered < longest_to_keep(observed);
  const bool went_on = std::any_of(std::next(at), session.events.end(), [&](const auto* event) {
    const auto* later = as_exchange(event);
    if (later == nullptr || later->line.empty()) return false;
    if (may_not_have_left)
      return later->asked > *exchange->answered; // and not in one go with the text
    return !exchange->open || later->asked >= *exchange->answered;
  });
  if (went_on) return false;
  if (may_not_have_left) return true;
  const auto* ended = session.ended();
  if (ended == nullptr) return false;
  if (ended->by == EndedBy::server) return ended->reset; // what was on its way is lost with it
  // A reply that comes just as the client loses patience may or may not be read, whoever made it come so late.
  const Duration doubt =
      std::max<Duration>(std::chrono::minutes(1), 50 * timing_tolerance(observed));
  const bool lost_patience =
      *exchange->answered - exchange->asked >= time_for_the_answer - 5 * timing_tolerance(observed);
  return (exchange->open || lost_patience) &&
         session.disconnect->time - *exchange->answered < doubt;
}

/// Whether the scenario held back the reply to the message.
bool is_delayed(const Transaction& transaction) {
  const auto* exchange = as_exchange(transaction.message);
  return exchange != nullptr && exchange->rule != 0 && !exchange->other_actions.empty();
}

/// Whether a client that was not told left by itself, before the time was over that it is to wait for the answer.
bool was_impatient(const Case& observed, const Session& session, const Transaction& transaction) {
  const journal::Event* asked =
      transaction.message != nullptr ? transaction.message : transaction.content;
  if (!session.client_closed_without_quit() || asked == nullptr) return false;
  const auto* exchange = as_exchange(asked);
  const Moment since = exchange == nullptr ? asked->time : exchange->asked;
  return session.disconnect->time - since < time_for_the_answer - 5 * timing_tolerance(observed);
}

} // namespace

Duration machine_tolerance(const Case& observed) {
  return observed.in_protocol_time(std::chrono::milliseconds(20));
}

/// Clocks of two servers may be wrong in opposite directions.
Duration timing_tolerance(const Case& observed) {
  return machine_tolerance(observed) + 2 * observed.clock_error;
}

std::string_view to_string(TryResult result) {
  constexpr std::array<std::string_view, 6> names = {"accepted", "transient", "permanent",
                                                     "trouble",  "abandoned", "cut off"};
  return names[static_cast<std::size_t>(result)];
}

namespace {

/// A second of real time.
Duration a_moment(const Case& observed) {
  return observed.in_protocol_time(std::chrono::seconds(1));
}

/// The first connection says nothing, and the next one to the same host follows in a moment: a script looked whether
/// the port is there before it started the sender. Several in a row are no look. At an hour a second a retry after half
/// an hour comes twice as late.
bool looks_before_the_first_try(const Case& observed, const Session& session) {
  const auto& all = observed.sessions;
  if (session.was_ended_by_store_loss())
    return false; // a sender that was turned away for that wanted something
  if (all.size() < 2 || &session != all.data() || all[1].host != session.host) return false;
  bool spoke = false;
  each_exchange(session, nullptr, [&spoke](const auto*, const auto& exchange) {
    spoke = spoke || !exchange.line.empty();
  });
  const Duration moment = a_moment(observed) / 4;
  const bool goes_on = all.size() > 2 && all[2].begin - all[1].begin < moment;
  return !spoke && !session.tls_failed && !goes_on && all[1].begin - session.begin < moment;
}

/// A connection on which the client said nothing before it closed it, within a moment.
bool is_silent_and_short(const Case& observed, const Session& session) {
  if (!session.was_ended_by_client() || *session.end - session.begin >= a_moment(observed))
    return false;
  bool spoke = false;
  each_exchange(session, nullptr, [&spoke](const auto*, const auto& exchange) {
    spoke = spoke || !exchange.line.empty() || exchange.code != 0;
  });
  return !spoke;
}

/// Whoever opens one connection right after the other, and closes each before the greeting, does not look whether the
/// port is there: it has no patience, and makes no pause.
bool is_one_of_many(const Case& observed, const Session& session) {
  constexpr std::size_t max_looks = 4;
  const Duration least = std::max<Duration>(std::chrono::minutes(1), machine_tolerance(observed));
  const auto& all = observed.sessions;
  const auto follows = [&](std::size_t next) {
    return all[next].begin - all[next - 1].end.value_or(Moment::max()) < least &&
           is_silent_and_short(observed, all[next]) && is_silent_and_short(observed, all[next - 1]);
  };
  const auto at = static_cast<std::size_t>(&session - all.data());
  std::size_t in_a_row = 1;
  for (std::size_t i = at; i > 0 && in_a_row <= max_looks && follows(i); --i)
    ++in_a_row;
  for (std::size_t i = at + 1; i < all.size() && in_a_row <= max_looks && follows(i); ++i)
    ++in_a_row;
  return in_a_row > max_looks;
}

} // namespace

/// No mail was tried on it, and nothing was refused, lost or held back: a probe of the port, of EHLO, a spare
/// connection of a pool. One that closed before any greeting within a moment was a probe of the port as well.
bool is_probe(const Case& observed, const Session& session) {
  if (looks_before_the_first_try(observed, session)) return true;
  const bool was_turned_away = session.was_ended_by_store_loss() && !session.server_died();
  if (!session.transactions.empty() || session.tls_failed || was_turned_away) return false;
  bool spoke = false;
  bool disturbed = false;
  each_exchange(session, nullptr, [&](const auto*, const auto& exchange) {
    spoke = spoke || !exchange.line.empty();
    // What idles may be ended by the server: nothing was tried, so nothing has failed. That VRFY or EXPN is not to be
    // had is no failure either.
    const bool is_nothing = exchange.stage == Stage::idle ||
                            (exchange.stage == Stage::vrfy && !is_disturbance(exchange));
    if (!is_nothing) disturbed = disturbed || exchange.code >= 400 || is_disturbance(exchange);
  });
  const Duration moment = a_moment(observed);
  const auto* greeting = as_exchange(last_exchange(session));
  const bool waits = greeting == nullptr || greeting->code == 0;
  if (!spoke && waits)
    return session.was_ended_by_client() && *session.end - session.begin < moment &&
           !is_one_of_many(observed, session);
  return !disturbed;
}

Try try_of(const Case& observed, const Transaction& transaction, const RecipientReply* recipient) {
  const Session& session = observed.sessions[transaction.session];
  Try attempt;
  attempt.session = transaction.session;
  attempt.transaction = &transaction;
  attempt.begin = transaction.begin;
  attempt.stage = Stage::mail;
  const auto* mail = as_exchange(transaction.mail);
  const auto* data = as_exchange(transaction.data);
  const auto* message = as_exchange(transaction.message);
  if (!is_success(mail->code)) {
    // RCPTs behind a refused MAIL get a 503 that means nothing.
    decide(attempt, *transaction.mail, result_of(mail->code));
  } else if (recipient != nullptr && !is_success(recipient->code)) {
    decide(attempt, *recipient->event, result_of(recipient->code));
  } else if (transaction.accepted != nullptr || (message != nullptr && is_success(message->code))) {
    decide(attempt, transaction.message != nullptr ? *transaction.message : *transaction.accepted,
           TryResult::accepted);
    attempt.stage = Stage::message;
    attempt.reply_lost = is_reply_lost(observed, session, transaction);
    attempt.hung_up_too_early = attempt.reply_lost && was_impatient(observed, session, transaction);
    if (attempt.reply_lost && session.was_ended_by_store_loss() && !is_delayed(transaction)) {
      // Accepted in the journal, whose keeper did not say so in time: what the client was told is not known.
      attempt.result = TryResult::cut_off;
      attempt.reply_lost = attempt.hung_up_too_early = false;
      attempt.end = *session.end;
    }
  } else if (data != nullptr && !is_go_ahead(*data)) {
    decide(attempt, *transaction.data, result_of(data->code));
  } else if (message != nullptr) {
    decide(attempt, *transaction.message, result_of(message->code));
  } else {
    decide_by_end(observed, session, transaction.left_by, attempt);
  }
  // Without a reply the sender learns of its failure when the connection ends.
  if (attempt.result == TryResult::no_valid_reply && attempt.code == 0 &&
      transaction.left_by == nullptr) {
    const auto* ended = session.ended();
    if (ended == nullptr) {
      attempt.result = TryResult::cut_off;
      attempt.end = session.end.value_or(observed.last);
    } else {
      attempt.end = *session.end;
      if (is_end_by_neither_side(ended->by)) attempt.result = TryResult::cut_off;
    }
  }
  attempt.known_earlier = known_earlier(observed, attempt);
  return attempt;
}

namespace {

/// A recipient that stands twice in a list is refused twice, in the same way.
bool is_named_twice(const std::vector<const RecipientReply*>& asked) {
  return asked.size() == 2 && asked[0]->code == asked[1]->code;
}

/// Whether the reply to one RCPT was there when the other one came.
bool knew_of(const RecipientReply& before, const RecipientReply& next) {
  const auto* reply = as_exchange(before.event);
  const auto* rcpt = as_exchange(next.event);
  return reply != nullptr && rcpt != nullptr && reply->answered && rcpt->asked > *reply->answered;
}

bool is_refused(const RecipientReply& recipient) {
  return recipient.code >= 400 && recipient.code < 600;
}

} // namespace

void add_tries(const Case& observed, const Transaction& transaction, const std::string& recipient,
               Delivery& delivery) {
  std::vector<const RecipientReply*> asked;
  for (const RecipientReply& one : transaction.recipients)
    if (one.address == recipient &&
        (asked.empty() || (is_refused(*asked.back()) && knew_of(*asked.back(), one))))
      asked.push_back(&one);
  const auto* mail = as_exchange(transaction.mail);
  if (!is_success(mail->code) || is_named_twice(asked)) asked.resize(1);
  for (const RecipientReply* one : asked) {
    Try attempt = try_of(observed, transaction, one);
    const auto* rcpt = as_exchange(one->event);
    if (one != asked.front() && rcpt != nullptr) attempt.begin = rcpt->asked;
    delivery.add(attempt);
  }
}

std::optional<Try> try_of(const Case& observed, std::size_t index) {
  const Session& session = observed.sessions[index];
  Try attempt;
  attempt.session = index;
  attempt.begin = session.begin;
  attempt.stage = Stage::connect;
  if (looks_before_the_first_try(observed, session)) return std::nullopt;
  const journal::Event* last = last_exchange(session);
  const auto* exchange = as_exchange(last);
  if (exchange != nullptr && exchange->code >= 400 && exchange->code < 600) {
    decide(attempt, *last, result_of(exchange->code));
    // That there is no TLS is no refusal of the message.
    if (attempt.stage == Stage::starttls && attempt.result == TryResult::permanent)
      attempt.result = TryResult::no_valid_reply;
    return attempt;
  }
  if (is_probe(observed, session)) return std::nullopt;
  decide_by_end(observed, session, nullptr, attempt);
  attempt.known_earlier = known_earlier(observed, attempt);
  return attempt;
}

std::size_t Delivery::accepted_count() const {
  return static_cast<std::size_t>(std::count_if(tries.begin(), tries.end(), [](const Try& attempt) {
    return attempt.result == TryResult::accepted;
  }));
}

std::vector<const Try*> Delivery::counted_tries() const {
  std::vector<const Try*> counted;
  for (const Try& attempt : tries)
    if (attempt.is_new()) counted.push_back(&attempt);
  return counted;
}

const Try* last_one_before(const std::vector<Try>& tries, std::size_t index) {
  constexpr std::size_t max_in_parallel = 64;
  for (std::size_t i = 1; i <= std::min(index, max_in_parallel); ++i)
    if (tries[index - i].was_over_before(tries[index])) return &tries[index - i];
  return nullptr;
}

const Try* Delivery::first_temporary_failure() const {
  for (const Try& attempt : tries)
    if (is_temporary(attempt.result) || attempt.is_unanswered()) return &attempt;
  return nullptr;
}

const Try& Delivery::last_step(const Try& of) const {
  const Try* last = &of;
  const Try* const end = tries.data() + tries.size();
  while (last + 1 != end && (last[1].at_next_host || last[1].on_next_connection))
    ++last;
  return *last;
}

bool is_not_smtp(const Try& attempt) {
  const auto* exchange = as_exchange(attempt.event);
  return exchange != nullptr && exchange->code == 0 && !exchange->reply.empty();
}

namespace {

/// Lines that end a reply: with a code, and no hyphen after it.
std::size_t replies_in(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const bool has_code =
        line.size() >= 3 &&
        std::all_of(line.begin(), line.begin() + 3, [](char c) { return c >= '0' && c <= '9'; });
    if (has_code && (line.size() == 3 || line[3] != '-')) ++count;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return count;
}

} // namespace

bool is_out_of_step(const Session& session) {
  const journal::event::Exchange* last = nullptr;
  std::size_t late_replies = 0; // to the last one
  return std::any_of(session.events.begin(), session.events.end(), [&](const auto* event) {
    if (const auto* exchange = as_exchange(event)) {
      last = exchange;
      late_replies = 0;
      return exchange->stage != Stage::message && replies_in(exchange->reply) > 1;
    }
    const auto* reply = std::get_if<journal::event::Reply>(&event->body);
    if (reply == nullptr || last == nullptr || reply->exchange != last->number ||
        last->stage == Stage::message || reply->code == 0)
      return false;
    return ++late_replies >
           (last->open ? 1U : 0U); // an exchange that was held back has one that is its own
  });
}

const Try* Delivery::next(const Try& after) const {
  for (const Try& attempt : tries)
    if (&attempt > &after && attempt.is_new() && after.was_over_before(attempt)) return &attempt;
  return nullptr;
}

bool Delivery::arrived_in_parallel_to(const Try& failed) const {
  return std::any_of(tries.begin(), tries.end(), [&](const Try& attempt) {
    return &attempt != &failed && attempt.result == TryResult::accepted &&
           !attempt.was_over_before(failed) && !failed.was_over_before(attempt);
  });
}

bool Delivery::ended_by_a_further_step() const {
  return std::any_of(tries.begin(), tries.end(), [](const Try& attempt) {
    const bool accepted = attempt.result == TryResult::accepted;
    const bool rejected = attempt.result == TryResult::permanent;
    return (attempt.clear_text_fallback && accepted) ||
           ((attempt.at_next_host || attempt.on_next_connection) && (accepted || rejected));
  });
}

void Delivery::add(const Try& attempt) {
  tries.push_back(attempt);
  done = done || attempt.result == TryResult::accepted || attempt.result == TryResult::permanent;
}

} // namespace tempfail::verdict
