// What a scenario file says, as values: how the server behaves, and what a correct sender does.
// Made by the loader only; read by session, state, net (never changed) and verdict.
#pragma once

#include "scenario/action.hpp"
#include "scenario/condition.hpp"
#include "scenario/expectation.hpp"
#include "scenario/listen.hpp"
#include "scenario/names.hpp"
#include "scenario/stage.hpp"
#include "scenario/tls.hpp"
#include "scenario/trigger.hpp"
#include "scenario/units.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::scenario {

/// Stage and condition to actions. The first rule of a stage that fires is the one that counts.
struct Rule {
  std::vector<Stage> stages; ///< at least one
  Condition when;            ///< empty: always holds
  Trigger trigger;
  std::vector<Action> actions;   ///< at least one, in order
  std::uint64_t after_bytes = 0; ///< stage content: fires once so many bytes have arrived
  Duration after_idle{};         ///< stage idle: fires after so long a silence
  bool out_of_sequence = false;  ///< asked even where the server would refuse a command's place
  int line = 0;                  ///< in the scenario file: the rule's name in journals
};

/// A disk that fills with what is accepted and drains. Condition `spool: full`, operand `spool.free`.
struct Spool {
  std::uint64_t capacity = 0; ///< bytes
  std::uint64_t used = 0;     ///< bytes taken at the first contact
  std::optional<Rate> drain;  ///< none: never drains
};

/// Mailboxes with a quota, or busy for a time. Conditions `mailbox: full`, `mailbox: busy`.
struct Mailboxes {
  std::string match = "*";             ///< glob over recipients; others have no limit
  std::optional<std::uint64_t> quota;  ///< bytes, for each mailbox
  std::uint64_t used = 0;              ///< bytes taken at the mailbox's first contact
  std::optional<Rate> drain;           ///< its owner tidies up
  std::optional<Range<Duration>> busy; ///< since the mailbox's first contact
};

/// Greylisting by triplet: client network, sender, recipient. Condition `greylist: early`.
struct Greylist {
  Duration delay{};     ///< a retry before this is refused again
  Duration window{};    ///< a retry must come within this, or the triplet starts anew
  Duration lifetime{};  ///< how long a triplet that passed stays known
  int ipv4_prefix = 24; ///< bits of an IPv4 client that count
  int ipv6_prefix = 64;
};

/// A queue that an operator (or a count) stops and starts. Condition `queue: stopped`.
struct Queue {
  std::vector<Range<Duration>> stopped;    ///< windows since the first contact
  std::optional<std::uint64_t> stop_after; ///< after so many accepted messages ...
  Duration stop_for{};                     ///< ... it stops for so long
};

/// A scanner (virus, spam) that is out of order. Condition `scanner: down`.
struct Scanner {
  std::vector<Range<Duration>> down; ///< windows since the first contact
};

/// A rate that the server bears, as a token bucket drawn from at MAIL. Condition `rate: over`.
struct RateLimit {
  Rate rate;
  KeyedBy per = KeyedBy::client; ///< client, or scenario for an overload of the whole server
};

/// SMTP extensions a server can announce.
enum class Extension : std::uint8_t {
  pipelining,
  size,
  eight_bit_mime,
  smtputf8,
  chunking,
  dsn,
  enhanced_status_codes,
  starttls,
  auth,
  vrfy,
  help,
};
inline constexpr std::size_t extension_count = 11;
using Extensions = std::array<bool, extension_count>; ///< indexed by Extension

/// Who may authenticate, and how. Announced where present.
struct Auth {
  std::vector<std::string> mechanisms = {"PLAIN", "LOGIN"};
  std::map<std::string, std::string> users; ///< name to password; empty: anyone is let in
  bool required = false;                    ///< MAIL without it: 530 5.7.0
};

/// Where an accepted message goes on to. Each host adds its Received field (RFC 5321 section 4.4).
enum class ForwardTo : std::uint8_t {
  sender,    ///< back to the sender's own server: a loop of which the sender is part
  next_host, ///< to a second simulated host, which sends it back to this one, and so on: a loop behind the server
};

/// The server half of a scenario.
struct Server {
  std::string hostname = "mx.tempfail.test";      ///< in the greeting and the EHLO reply
  Extensions extensions{};                        ///< what EHLO announces
  std::optional<Extensions> extensions_after_tls; ///< when it differs once TLS is up
  std::uint64_t size_limit = 0; ///< bytes, announced as SIZE and enforced; 0: the program's own
  std::optional<Listen> listen; ///< when the port does not simply accept
  TlsMode tls = TlsMode::none;
  TlsProfile tls_profile;
  std::optional<Auth> auth;
  std::optional<Spool> spool;
  std::optional<Mailboxes> mailboxes;
  std::optional<Greylist> greylist;
  std::optional<Queue> queue;
  std::optional<Scanner> scanner;
  std::optional<RateLimit> rate;
  std::optional<std::vector<std::string>> charsets; ///< installed; condition `charset: missing`
  std::optional<ForwardTo> forward;                 ///< none: what is accepted stays
  std::vector<Rule> rules;

  /// Whether EHLO announces something else than a healthy server does, before or after TLS is up. STARTTLS and AUTH are
  /// offered on demand, which is not unusual.
  bool has_unusual_extensions(bool after_tls) const;
};

/// Whether what goes wrong is the command STARTTLS, or the clear text in front of it: with TLS from
/// the first byte there is neither.
bool is_about_starttls(const Server& server);
/// Whether something of what goes wrong comes before a recipient is named and can't be made up for
/// then, so that the shared port, where the recipient chooses the scenario, can't show it.
bool needs_own_port(const Server& server);

/// The message that `tempfail test` hands the sender as {message}.
struct TestMessage {
  std::uint64_t size = 0;            ///< bytes at least; 0: a short one
  std::string charset = "us-ascii";  ///< of its text part
  std::uint32_t received_fields = 0; ///< `Received:` fields put in front
};

/// What the sender is asked for besides (RFC 3461, RFC 8689). Empty: nothing.
struct TestRequests {
  std::string notify; ///< "never", or "success", "failure", "delay" with commas between
  std::string ret;    ///< "full" or "hdrs"
  std::string envid;  ///< as it is, not in xtext
  std::string orcpt;  ///< likewise: "rfc822;a@b.test"
  bool requiretls = false;

  bool any() const {
    return !notify.empty() || !ret.empty() || !envid.empty() || !orcpt.empty() || requiretls;
  }
};

/// How `tempfail test` drives a sender through the scenario.
struct TestPlan {
  Duration watch =
      std::chrono::hours(6);    ///< how long a queue is watched when nothing decides earlier
  std::uint32_t runs = 1;       ///< how many times the command is run, side by side
  std::uint32_t recipients = 1; ///< how many recipients {recipients} names
  std::uint32_t messages = 1;   ///< how many messages each run of the command is given
  bool smtputf8 =
      false; ///< recipients have letters beyond ASCII, so that SMTPUTF8 (RFC 6531) is needed
  /// The envelope's sender as it stands in angle brackets, perhaps with a source route; empty: <>. Nothing:
  /// sender@sender.test, and another one for each message.
  std::optional<std::string> sender = {};
  TestRequests requests = {};
  bool rotates_domains =
      false; ///< recipients are in the scenario's domains in turn; else in the first
  TestMessage message;
};

/// What has to take effect before a sender has met the scenario. Usually any of what goes wrong is enough.
struct MetCondition {
  bool all = false; ///< each rule, and whatever else goes wrong
  bool session =
      false; ///< nothing has to go wrong: a whole session, with a message that was accepted
  /// Not empty: a rule at each of these.
  std::vector<Stage> stages;
  bool listen = false;     ///< how the port answers
  bool tls = false;        ///< how TLS is spoken
  bool extensions = false; ///< what EHLO announces
  bool names = false;      ///< what the name server answers

  bool names_an_effect() const { return !stages.empty() || listen || tls || extensions || names; }
  friend bool operator==(const MetCondition&, const MetCondition&) = default;
};

/// Of which kind an address is.
enum class AddressFamily : std::uint8_t { ipv4, ipv6 };

/// One of several hosts of a scenario.
struct Host {
  std::string name;  ///< absolute, in lower case: "mx1.mx-servfail.test"
  std::string label; ///< as the file names it: "mx1", "@"
  Server server;
  std::vector<AddressFamily> addresses = {AddressFamily::ipv4}; ///< which it has; at least one
  bool decoy = false;                                           ///< no right sender brings it mail
};

/// One scenario: a named, documented failure.
struct Scenario {
  std::string name;        ///< the word a user types: the file's name without its ending, unique
  std::string family;      ///< the folder's name
  std::string summary;     ///< one line
  std::string description; ///< longer text, may be empty
  std::vector<std::string> statuses; ///< codes it shows, either notation ("4.3.1", "431")
  std::vector<std::string> sources;  ///< "RFC 3463 section 3.4"
  MetCondition met;
  Server server;                    ///< where there are several hosts: that of the first
  std::vector<Host> hosts;          ///< empty: one, which is `server`
  std::optional<DnsSettings> names; ///< nothing: the domain NAME.test, whose MX is the server
  std::vector<Expectation> sender;  ///< what a correct sender does
  /// The same of a sender that was told to need TLS, and to verify; nothing: no difference.
  std::optional<std::vector<Expectation>> sender_required;
  std::optional<std::vector<Expectation>> sender_verified;
  TestPlan test;
  std::string text; ///< the file; empty: not read from one
  std::uint64_t meaning_hash =
      0;            ///< hash of what the file means: comments and layout change nothing
  std::string file; ///< where it was read from; "<built in>/disk/disk-full.yaml"

  std::string id() const { return family + "/" + name; }
  /// What is expected of a sender that was told this about TLS.
  const std::vector<Expectation>& expected(TlsPolicy policy) const {
    if (policy == TlsPolicy::verified && sender_verified) return *sender_verified;
    if (policy != TlsPolicy::opportunistic && sender_required) return *sender_required;
    return sender;
  }
};
using ScenarioPtr = std::shared_ptr<const Scenario>;

/// Where something is done that a healthy server and its names do not do: stages at which a host has rules, and
/// `listen`, `tls`, `extensions`, `names` where these are unusual. Words that `met` may name.
std::vector<std::string_view> words_for_met(const Scenario& scenario);

} // namespace tempfail::scenario
