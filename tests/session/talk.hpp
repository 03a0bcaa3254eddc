// Scripts a conversation with a session: what it hears, what it says, what it does and records.
#pragma once

#include "session/session.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::test {

// --- Scenarios, made without a file.

/// Announces everything but STARTTLS, AUTH, VRFY and HELP.
scenario::Scenario healthy(std::string name = "healthy");
scenario::Extensions extensions(std::initializer_list<scenario::Extension> announced);
scenario::action::Reply reply(std::string_view text);
scenario::Rule rule(scenario::Stage stage, std::vector<scenario::Action> actions,
                    scenario::Condition when = {}, scenario::Trigger trigger = {});
scenario::Trigger times(std::uint64_t count, scenario::KeyedBy per = scenario::KeyedBy::scenario);
inline const scenario::action::Close close_now{};
inline const scenario::action::Reset reset_now{};

/// An event that owns its texts.
struct Seen {
  std::string kind; ///< as the journal names it
  Moment time{};
  std::uint32_t server = 0;
  scenario::Stage stage{};
  std::uint32_t number = 0; ///< of the exchange; reply: which it answers
  Moment asked{};
  std::optional<Moment> answered{};
  bool open = false;
  std::string line; ///< exchange; disconnect: pending
  std::string verb;
  std::optional<std::string> address;
  std::string envelope_id;
  std::string parameters;
  bool last_chunk = false;
  bool pipelining = false;
  std::string reply; ///< exchange, reply
  int code = 0;
  int rule = 0;
  std::string other_actions;
  journal::Breaches breaches = 0;
  std::string message_id;
  std::vector<std::string> reports; ///< of a notification: "a@b failed 4.4.7"
  std::string
      form; ///< of what came from <>: its types, Reporting-MTA, what is returned, joined by '|'
  std::uint64_t hash = 0;
  std::uint64_t size = 0; ///< exchange; content; disconnect: content bytes
  std::uint64_t transaction = 0;
  journal::event::EndedBy by{};
  bool ok = false;
  bool met = false;
  bool reset = false;   ///< disconnect
  bool stopped = false; ///< reading

  bool has(journal::Breach breach) const {
    return (breaches & static_cast<journal::Breaches>(breach)) != 0;
  }
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct TalkOptions {
  session::Limits limits{};
  session::Peer peer{"127.0.0.1", 40000, 25, false};
  session::RecipientRouter* router = nullptr;
  std::size_t segment = 0; ///< input arrives in segments of so many bytes; 0: as it is heard
};

/// A server that outlives its conversations.
struct TalkServer {
  explicit TalkServer(scenario::Scenario the_scenario, session::Limits limits = {},
                      std::uint32_t number = 1);
  /// The same with a store of the test's own.
  TalkServer(scenario::ScenarioPtr the_scenario, std::unique_ptr<state::Store> store);
  scenario::ScenarioPtr scenario;
  state::ServerState state;
  session::PreparedScenarioPtr prepared;
};

/// One conversation. Time stands still but for waits, and passes(). An event that comes after a wait is stamped as the
/// I/O side does it.
class Talk {
 public:
  explicit Talk(TalkServer& server, TalkOptions options = {}, Moment begin = Moment{});

  /// The client sends a line (CR LF is added), or bytes as they are.
  Talk& hears(std::string_view line);
  Talk& hears_bytes(std::string_view bytes);
  /// The server's next output is exactly this, a CR LF behind each line of it.
  Talk& says(std::string_view text);
  Talk& says_bytes(std::string_view bytes);
  Talk& says_nothing();
  /// hears() and says() for EHLO, without looking at the extensions.
  Talk& greets();
  /// The session waited for so long since the last such question.
  Talk& waited(Duration duration);
  Talk& passes(Duration duration); ///< time goes by without a word
  Talk& goes_idle();               ///< until the idle timer's time is up
  Talk& tls_comes_up();
  Talk& tls_fails();
  Talk& reading_resumed(); ///< after stop-reading
  Talk& leaves(session::PeerEnd end = session::PeerEnd::closed);
  Talk& closes(); ///< the server closed
  Talk& resets();
  Talk& stays(); ///< the server did neither

  const std::vector<Seen>& events() const { return events_; }
  /// Those of a kind, in order.
  std::vector<Seen> events(std::string_view kind) const;
  /// The exchange recorded last, as it was recorded.
  Seen last() const;
  /// The reply recorded last outside of its exchange.
  Seen last_reply() const;
  /// The exchange recorded last with its reply, wherever that was recorded: what a reader of the journal sees.
  Seen merged() const;
  std::string take_output();
  Moment now() const { return now_; }
  session::Session& session() { return *session_; }

  // What the session asked for so far.
  bool closed = false;
  bool reset = false;
  bool half_closed = false;
  bool stalled = false;
  bool reading_stopped = false;
  bool tls_wanted = false;
  std::vector<session::effect::Drip> drips;
  std::vector<session::AcceptedMail> sent_on;
  std::vector<session::AcceptedMail> kept;
  std::optional<Duration> idle;   ///< the timer as last set
  std::vector<std::string> order; ///< the effects' names, as they came

 private:
  void offer();
  void take_over();
  void note(const journal::Event& event);

  TalkServer& server_;
  TalkOptions options_;
  std::unique_ptr<session::Session> session_;
  session::Effects effects_;
  Moment now_;
  Duration waited_{};
  std::string input_;  ///< not yet consumed
  std::string output_; ///< not yet looked at
  std::vector<Seen> events_;
};

} // namespace tempfail::test
