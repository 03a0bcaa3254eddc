// What a journal shows of one scenario, put in order: sessions, transactions, and the tries at each
// message for each of its recipients. The rules read this and nothing else.
#pragma once

#include "journal/reader.hpp"
#include "scenario/model.hpp"
#include "verdict/verdict.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tempfail::verdict {

/// How a try at one recipient came out, as far as the sender can know.
enum class TryResult : std::uint8_t {
  accepted,       ///< the message was taken
  transient,      ///< 4xx
  permanent,      ///< 5xx
  no_valid_reply, ///< the connection was lost, no answer came, or one that is no SMTP
  abandoned,      ///< the sender left it, nobody made it
  cut_off,        ///< the servers were stopped, or the journal ends: says nothing about the sender
};
std::string_view to_string(TryResult result);
/// To be tried again.
constexpr bool is_temporary(TryResult result) {
  return result == TryResult::transient || result == TryResult::no_valid_reply;
}

/// A recipient of a transaction and the reply to its RCPT.
struct RecipientReply {
  std::string address; ///< comparable()
  const journal::Event* event = nullptr;
  int code = 0; ///< 0: no reply came
};

/// From MAIL to the reply after the content, or to where it ended.
struct Transaction {
  std::size_t session = 0; ///< index into Case::sessions
  Moment begin{};
  std::string sender;      ///< comparable(); empty: <>
  std::string envelope_id; ///< ENVID of RFC 3461; empty: none
  std::vector<RecipientReply> recipients;
  bool first_of_session = false;
  // Events of the journal; null: did not come.
  const journal::Event* mail = nullptr;
  const journal::Event* data = nullptr;
  const journal::Event* content = nullptr;
  const journal::Event* accepted = nullptr;
  const journal::Event* message = nullptr;
  const journal::Event* left_by =
      nullptr; ///< RSET, QUIT, EHLO or another MAIL that ended it unfinished

  /// Message-ID, else the content's hash; empty: no content came.
  std::string identity() const;
  /// What came after DATA; null: nothing, or not all of it.
  const journal::event::Content* facts() const;
  /// The client went on to the content: by DATA, or by BDAT, of which a single one is at stage message.
  bool reached_content() const;
  bool names(std::string_view recipient) const;
};

/// The end of a connection that neither the client nor the scenario made: it says nothing about either.
constexpr bool is_end_by_neither_side(journal::event::EndedBy by) {
  return by == journal::event::EndedBy::server_stop || by == journal::event::EndedBy::store_lost;
}

/// One connection.
struct Session {
  std::uint64_t number = 0;
  std::string client;
  std::string_view host; ///< name of the host that was connected to; empty: not known
  Moment begin{};
  std::optional<Moment> end; ///< nothing: the journal ends before
  std::vector<const journal::Event*> events;
  std::vector<Transaction> transactions;
  const journal::Event* disconnect = nullptr;
  const journal::Event* failed_handshake = nullptr; ///< event::Tls; null: none failed
  bool tls = false;                                 ///< a handshake succeeded
  /// A handshake failed, STARTTLS was refused or lost; or the client went without a word of its message because
  /// TLS was not offered, or the certificate not right.
  bool tls_failed = false;
  /// When its server died, whether this was over then or not: what it said last may not have left it.
  std::optional<Moment> server_death;
  /// It was open when its server died: `end` is then, as far as it is known.
  bool server_died() const { return server_death && disconnect == nullptr; }

  const journal::event::Disconnect* ended() const;
  /// The client closed or reset the connection by itself, without QUIT.
  bool client_closed_without_quit() const;
  /// The client ended it, with QUIT or without.
  bool was_ended_by_client() const;
  /// The server ended it, because its store of states was lost, or died itself.
  bool was_ended_by_store_loss() const;
};

/// One try at one message for one recipient.
struct Try {
  std::size_t session = 0;                  ///< index into Case::sessions
  const Transaction* transaction = nullptr; ///< null: the session failed before MAIL
  Moment begin{};
  Moment end{}; ///< when its result was known
  /// The client may have known it so much earlier: it hung up, and the server saw that later.
  Duration known_earlier{};
  TryResult result{};
  scenario::Stage stage{}; ///< where
  int code = 0;
  const journal::Event* event = nullptr; ///< that decided
  bool reply_lost =
      false; ///< accepted, but the sender could not know: RFC 5321 section 6.1, RFC 1047
  /// ... because it hung up before the time was over that RFC 5321 section 4.5.3.2.6 asks it to wait.
  bool hung_up_too_early = false;
  /// The message was taken, but no reply said so: for the sender a failure as any other.
  bool is_unanswered() const { return result == TryResult::accepted && reply_lost && code == 0; }
  bool clear_text_fallback = false; ///< the same try once more without TLS, after TLS failed
  bool at_next_host =
      false; ///< the same try at the next of several hosts, at once after the one before it failed

  /// The same try on another connection, at once after one that had carried other mail had come to its end.
  bool on_next_connection = false;

  /// A new try, and no further step of the one before it.
  bool is_new() const { return !clear_text_fallback && !at_next_host && !on_next_connection; }
  /// Whether its result was known when another one began: only then the other can be a retry.
  bool was_over_before(const Try& other) const { return end - known_earlier <= other.begin; }
};

/// The last try that was over when this one of them began; null: none was, as where they were made in parallel.
const Try* last_one_before(const std::vector<Try>& tries, std::size_t index);

/// The server answered with something that SMTP does not know: what a client makes of it is not known, either.
bool is_not_smtp(const Try& attempt);
/// The server sent a reply too many, so that nobody knows which reply was meant for which command.
bool is_out_of_step(const Session& session);

/// What became of one message for one recipient.
struct Delivery {
  std::string recipient; ///< empty: never named
  std::vector<Try> tries;
  bool done = false; ///< one of them was accepted, or refused for good

  void add(const Try& attempt);

  std::size_t accepted_count() const;
  /// Tries without their further steps (fall-backs, other hosts): those a schedule is made of.
  std::vector<const Try*> counted_tries() const;
  /// The first try that failed for the time being and that the sender heard of; null: none.
  const Try* first_temporary_failure() const;
  /// The last step of a try at other hosts; the try itself where it has none.
  const Try& last_step(const Try& of) const;
  /// The next try after the end of `after` that counts; null: none.
  const Try* next(const Try& after) const;
  /// Whether a try was accepted that was on its way before this one had failed.
  bool arrived_in_parallel_to(const Try& failed) const;
  /// A further step of a try, in clear text or at another host, came to an end, so that there was nothing left to try
  /// again.
  bool ended_by_a_further_step() const;
  bool finished() const { return done; }
};

/// One message: one that was handed over, or one known by its Message-ID or content, or guessed from the envelope.
struct Message {
  const journal::event::Handover* handover = nullptr; ///< null: nobody told us of it
  std::string sender;
  std::string envelope_id;
  std::vector<Delivery> deliveries;
  bool has_result = false; ///< its sender said what became of it

  bool finished() const; ///< all its deliveries are
  /// The end of its last try; nothing: it was not tried yet.
  std::optional<Moment> last_try() const;
};

/// A time in which the port refused connections or did not answer: what was tried in it can't be seen.
struct Outage {
  scenario::ListenAnswer answer{};
  Moment begin{};
  Moment end{};
  const journal::Event* event = nullptr; ///< with which it began
  bool is_counted = false;               ///< attempts to connect in it are known: it is a lab
  std::uint64_t attempts = 0;            ///< that were seen
  bool nobody_was_refused = false;       ///< in all the network, by the kernel's count

  /// Nobody tried to connect in it, as far as could be seen, and it would have been.
  bool was_not_met() const { return is_counted && attempts == 0; }
};

/// Attempts to connect to a host that were dropped or refused.
struct UnansweredAttempts {
  std::string_view host;                 ///< its name; empty: not known
  const journal::Event* event = nullptr; ///< event::Listen, which counts them
};

/// What a sender does with a message that could not be delivered.
enum class Role : std::uint8_t {
  queueing, ///< keeps it and tries again
  one_shot, ///< tells its caller, who is the queue
};

/// What of a scenario took effect on connections of this sender.
struct ScenarioEffects {
  std::set<scenario::Stage> stages; ///< at which a rule fired
  std::set<int> rules;              ///< lines of those that did
  bool extensions = false;          ///< the reply to EHLO was sent
  bool tls = false;                 ///< a handshake was made
  bool listen = false;              ///< a connection attempt was not answered
  bool forwarded = false;           ///< a message was sent on
  bool names = false;               ///< a query was answered

  bool any() const { return !rules.empty() || extensions || tls || listen || forwarded || names; }
};

/// Everything a journal shows of one scenario.
struct Case {
  const journal::event::Run* run = nullptr; ///< null: the journal has no beginning
  const scenario::Scenario* scenario = nullptr;
  std::vector<Session> sessions;
  std::vector<Message> messages;
  /// What looks like a notification: from <> while other messages have a sender, or to a message's sender.
  std::vector<const Transaction*> notifications;
  /// Transactions for recipients that no handover names.
  std::vector<const Transaction*> unexpected_transactions;
  std::vector<const journal::event::Handover*> handovers; ///< in order
  std::vector<const journal::event::Result*> results;
  std::vector<const journal::event::Result*> unreadable_results; ///< what the sender said in vain
  /// Messages that the command was only offered, and nothing was seen of: they are no part of `messages`.
  std::size_t unseen_offers = 0;
  ScenarioEffects effects;
  std::vector<const journal::Event*> processes; ///< event::Process, in order
  /// Connections that were rejected before MAIL after all messages were, and may have been for notifications.
  std::size_t late_rejections = 0;
  bool queue_is_empty = false; ///< the sender has said so: nothing more comes
  const journal::Event* continued =
      nullptr; ///< the journal ends with this event::Continued; else null
  /// The journal ends with this event, and not with event::End: tempfail was killed, or the file was cut. Else null.
  const journal::Event* cut_at = nullptr;
  /// How the process ended that was given the handover of this id.
  std::unordered_map<std::string_view, const journal::event::Process*> ends_by_handover;
  const journal::event::Process* only_process_end =
      nullptr; ///< of the one process that ended; null: none or several did
  std::vector<const journal::Event*> queries; ///< event::Query, in order
  std::vector<UnansweredAttempts> unanswered; ///< in order
  std::vector<Outage> outages;                ///< in order
  std::optional<Moment> port_opened; ///< when a port that does not always accept was opened
  std::vector<const journal::Event*> forwarded; ///< event::Forwarded, in order
  Moment first{};
  Moment last{};
  double time_scale = 1;
  Duration clock_error{}; ///< by which the clock of a server may be wrong, at most
  scenario::TlsPolicy tls_policy = scenario::TlsPolicy::opportunistic; ///< what the sender was told
  bool without_tls = false;                                            ///< it was told to use none
  Role role = Role::queueing;
  bool role_is_declared = false; ///< else it is concluded from what was seen
  /// Pattern of the recipients that the rule at work speaks of; empty: of all.
  std::string_view asked_recipients;

  bool under_test() const { return !processes.empty(); }
  /// What was handed over is known, so that nothing need be guessed.
  bool knows_handovers() const { return !handovers.empty(); }
  /// Whether the sender lacks this feature, as it was declared: "dsn".
  bool is_without(std::string_view what) const;
  /// How the process ended that was given the message; null: it goes on, or there is none.
  const journal::event::Process* process_end(const Message& message) const;
  /// The process that was given the message ended by itself, and its status or its result file says that it failed: its
  /// caller knows, and nothing is queued. Where no process is watched, a result says so. A sender that was declared to
  /// try once leaves all to its caller.
  bool caller_was_told(const Message& message) const;
  /// What that is, as a sentence.
  std::string caller_was_told_text() const;
  /// How much protocol time passes in this real time.
  Duration in_protocol_time(std::chrono::microseconds real) const {
    return Duration(static_cast<std::int64_t>(static_cast<double>(real.count()) * time_scale));
  }
  /// Whether the sender divides its time-outs and pauses by the time scale, as was declared.
  bool has_scaled_timeouts() const { return run != nullptr && run->scaled_timeouts; }
  /// Tempfail ended the process, or was killed before it, or the journal is one part of several and ends here: what the
  /// sender did next is not known. The event that says so, else null.
  const journal::Event* end_of_observation() const;
  /// What that is, as the end of "when …": "tempfail ended the sender".
  std::string_view end_of_observation_text() const;
  /// Whether so little was seen after a failure that the sender may still wait, and nobody says that it has
  /// ended.
  bool was_seen_too_briefly_after(Moment failure) const;
  /// Whether a connection that ended at this moment may have ended because tempfail ended the sender.
  bool may_be_ended_by_tempfail(Moment end) const;
  /// Whether a try between these moments may have met a port that did not answer.
  bool may_hide_tries(Moment from, Moment to) const;
  /// Whether nothing but an outage lies between these moments.
  bool is_outage(Moment from, Moment to) const;
  /// Whether an outage that lasted to the end began so soon after a failure that the sender could still wait.
  bool outage_lasts_after(Moment failure) const;
  /// The sender's command has ended, and nothing of it is left that could try again: it keeps no queue, or has said
  /// that its queue is empty.
  bool sender_has_ended() const;
  /// How long the sender keeps a message, as it declares; zero: it does not.
  Duration queue_lifetime() const;
  /// When the sender began, as far as is known.
  Moment sender_began() const;
  /// Whether the rule at work speaks of this recipient.
  bool is_recipient_asked_of(std::string_view recipient) const;
  /// Calls visit(message, delivery) for each that the rule at work speaks of.
  template <typename Visit>
  void each_delivery(Visit&& visit) const {
    for (const Message& message : messages)
      for (const Delivery& delivery : message.deliveries)
        if (is_recipient_asked_of(delivery.recipient)) visit(message, delivery);
  }
};

/// Puts a journal in order. `journal` and `scenario` must outlive the result.
Case observe(const scenario::Scenario& scenario, const journal::Journal& journal,
             const Declared& declared = {});

// The steps of observe().
void collect_declared(Case& observed, const journal::Journal& journal, const Declared& declared);
/// What the sender is where nobody declared it: one that tries each recipient once and ends is a one-shot sender.
void conclude_role(Case& observed);
void collect_sessions(Case& observed, const journal::Journal& journal);
void collect_process_ends(Case& observed);
void collect_handed_over(Case& observed);
void collect_guessed(Case& observed);
/// What both have in common: fall-backs, and tries that still hang at the end.
void finish_messages(Case& observed);
void collect_outages(Case& observed, const journal::Journal& journal);
/// The result for one recipient (null: none was named) in a transaction, and of a session without MAIL.
Try try_of(const Case& observed, const Transaction& transaction, const RecipientReply* recipient);
std::optional<Try> try_of(const Case& observed, std::size_t session);
/// Adds what was tried for one of its recipients in a transaction. A client may ask again for one that was refused:
/// each refusal is a try, and the last reply is what counts.
void add_tries(const Case& observed, const Transaction& transaction, const std::string& recipient,
               Delivery& delivery);

/// How long a look-up may have taken that the name server did not answer: resolvers wait in real time, which the time
/// scale magnifies. Zero: all were answered.
Duration unanswered_look_up_time(const Case& observed);
/// What a busy machine adds to or takes from an interval: real time, so the time scale magnifies it.
Duration machine_tolerance(const Case& observed);
/// The same, and by how much the clocks of two servers may differ.
Duration timing_tolerance(const Case& observed);

/// An address as it is compared, whichever form its domain has (wire/address.hpp).
std::string comparable(std::string_view address);
/// Adds a try at a message of which only this is known: no recipient was named.
void add_try_without_recipient(Message& message, const Try& attempt);
/// A connection that failed before MAIL after every message had come to its end. It may be that of a notification: one
/// for each recipient that was refused for good. A further one that is refused for good is a retry.
void add_try_after_all_ended(Case& observed, const Try& attempt);
/// The delivery to a recipient, made if it is new.
Delivery& delivery_of(Message& message, const std::string& recipient);
/// A connection on which no mail was tried, and nothing went wrong: a probe, or a spare of a pool.
bool is_probe(const Case& observed, const Session& session);
/// The event as an exchange; null when it is another kind.
const journal::event::Exchange* as_exchange(const journal::Event* event);

} // namespace tempfail::verdict
