// The session's insides. Its methods are spread over several files by subject: lifetime (begin, end,
// silence, TLS), commands, envelope (MAIL and RCPT), content (DATA, BDAT and the reply to a message).
#pragma once

#include "session/actions.hpp"
#include "session/auth.hpp"
#include "session/conditions.hpp"
#include "session/phase.hpp"
#include "session/prepared_scenario.hpp"
#include "session/secrets.hpp"
#include "session/transaction.hpp"
#include "wire/command.hpp"
#include "wire/line_splitter.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::session {

using journal::Breach;
using journal::Breaches;
using scenario::Extension;
using scenario::Stage;

constexpr Breaches bit(Breach breach) {
  return static_cast<Breaches>(breach);
}

/// One call from the I/O side: its input, and what its methods share.
struct CallContext {
  Moment now{};
  Moment arrived{}; ///< when the client's input arrived; it may have been kept for a while
  Effects& out;
  bool paused = false;     ///< an effect must be performed before more input may be looked at
  bool drop_input = false; ///< the rest of the input is dropped
  unsigned lines = 0;      ///< read so far
  /// The state's answer to the begin of this connection, if it began in this call.
  std::optional<state::Connections> open_connections{};
  /// The effects before the current step (a command, the end of a message), and what the step is about: the step is
  /// undone if the state does not answer.
  Effects::Position settled{};
  std::uint32_t exchanges = 0;  ///< recorded by then
  std::optional<Stage> stage{}; ///< nothing: where the session stands
  std::string_view line{};      ///< as Command::line
};

/// A command, and what is to be said of it in the journal.
struct Command {
  std::string_view line; ///< as it goes to the journal: secrets are "*" (session/secrets.hpp)
  wire::CommandLine parsed;
  Breaches breaches = 0;
  std::size_t input_behind = 0; ///< bytes that had already arrived after it
  std::string_view verb{};      ///< as the journal names it; empty: there was no command
  std::optional<std::string_view> address{}; ///< of a path that was understood
  std::string_view envelope_id{};
  std::string_view parameters{}; ///< those that ask for notifications, as they were written
  std::uint64_t size = 0;        ///< that MAIL or BDAT declares, bytes
  bool last_chunk = false;
  bool is_text = false; ///< a line of a message, sent without a 354 to DATA
};

class SmtpSession final : public Session {
 public:
  SmtpSession(PreparedScenarioPtr prepared, state::ServerState& state, Peer peer,
              std::uint64_t number, RecipientRouter* router);
  ~SmtpSession() override;

  // session.cpp: each gives the method of the same name below what its call has in common with all others.
  void start(Moment now, Effects& out) override;
  void receive(std::string_view& input, Moment now, Effects& out,
               std::optional<Moment> arrived) override;
  void tls_result(const TlsResult& result, Moment now, Effects& out) override;
  void idle_timeout(Moment now, Effects& out) override;
  void peer_ended(PeerEnd end, std::string_view pending, Moment now, Effects& out) override;
  void input_before_greeting() override;
  void reading_resumed(Moment now, Effects& out) override;
  void shut_down(Moment now, Effects& out) override;
  bool ended() const override { return phase_ == Phase::ended; }

 private:
  /// What the client's next bytes are.
  enum class Mode : std::uint8_t {
    command,
    auth,    ///< lines of an AUTH exchange
    content, ///< after DATA
    chunk,   ///< after BDAT
    skip,    ///< a refused chunk
  };
  /// How the client has introduced itself, since TLS came up if it did.
  enum class Hello : std::uint8_t { none, helo, ehlo };
  /// Whether the client talked before the greeting.
  enum class EarlyInput : std::uint8_t {
    none,
    unrecorded, ///< it did, and its next event is to say so
    recorded,
  };
  /// How the greeting was answered.
  enum class GreetingAnswer : std::uint8_t {
    none,    ///< not sent yet
    given,   ///< 2yz
    refused, ///< anything else: only QUIT is accepted (RFC 5321 section 3.1)
  };
  /// Whether a client sends the text although DATA was not answered with 354, line by line, as if its lines were
  /// commands.
  enum class RefusedDataText : std::uint8_t { none, may_come, comes };
  /// What a rule or the server itself made of a stage.
  struct StageResult {
    int code = 0;
    const StageRule* rule = nullptr;
    bool positive() const { return code >= 200 && code < 300; }
  };

  // smtp_session.cpp: what all stages have in common.
  void move_to(Phase next);
  /// Neither ended nor stalled.
  bool is_talking() const { return phase_ == Phase::talking; }
  Breaches take_early_breach();
  const PreparedScenario& active() const;
  state::ServerState& active_state() const;
  bool announced(Extension extension) const;
  /// What EHLO was answered with, by whoever answered; nothing after HELO.
  const scenario::Extensions& extensions() const;
  ServerReply own_reply(StandardReply say) const;
  RuleInput rule_input(Stage stage, const CallContext& call) const;
  ReplyPlaceholderValues placeholder_values() const;
  const StageRule* firing_rule(const RuleInput& at) const;
  /// Of the rules that fire even where a command is out of sequence.
  const StageRule* firing_out_of_sequence(const RuleInput& at) const;
  /// Rules, then the server's own reply: records the exchange and adds the effects.
  StageResult answer(Stage stage, const Command& command, ServerReply fallback, CallContext& call);
  StageResult carry_out(Stage stage, const StageRule* rule, const Command& command,
                        ServerReply fallback, CallContext& call);
  /// The server's own reply to an error of syntax or sequence. No rules are asked, but for those that
  /// fire even out of sequence.
  StageResult refuse(Stage stage, const Command& command, StandardReply say, CallContext& call,
                     Breaches more = 0);
  /// 421 with this text, and the end.
  void give_up(Stage stage, StandardReply say, CallContext& call);
  void record(const journal::Body& body, CallContext& call) const;
  /// Counts a recipient's answer, or the message's first that says what becomes of it, where the route is counted.
  void count_answer(Stage stage, int code) const;
  RecordedExchange record_exchange(Stage stage, const Command& command, ServerReply reply,
                                   const StageRule* rule, CallContext& call);
  void apply(const ActionResult& result, CallContext& call);
  void say(std::string_view text, CallContext& call) const;
  /// Records the end and adds effect::Close or effect::Reset.
  void end(journal::event::EndedBy by, bool reset, CallContext& call);
  void record_end(journal::event::EndedBy by, std::string_view pending, CallContext& call,
                  bool reset = false);
  void end_transaction();
  void leave_route();
  void leave_states();

  // lifetime.cpp
  void start(CallContext& call);
  void tls_result(const TlsResult& result, CallContext& call);
  void idle_timeout(CallContext& call);
  void peer_ended(PeerEnd end, std::string_view pending, CallContext& call);
  void reading_resumed(CallContext& call);
  void shut_down(CallContext& call);
  /// Does `work`, whose questions the state's store may not answer: then 421, and the end.
  template <typename Work>
  void with_state(CallContext& call, Work work);
  void store_lost(CallContext& call);
  /// A step begins that may have questions.
  void begin_step(CallContext& call, std::optional<Stage> stage, std::string_view line) const;
  void begin_greeting(const StageRule* connect_rule, CallContext& call);
  void begin_tls(CallContext& call);
  void set_idle_timer(CallContext& call);
  void listen_after_end(std::string_view& input, CallContext& call);

  // commands.cpp
  void receive(std::string_view& input, CallContext& call);
  bool awaits_no_command() const;
  void take_line(const wire::Line& line, bool was_split, std::size_t input_behind,
                 CallContext& call);
  void show(Command& command, std::string_view line, CallContext& call);
  void dispatch(Command& command, CallContext& call);
  journal::Breaches without_mail() const;
  void note_refused_data_text(Command& command);
  bool may_be_under_way() const;
  bool is_out_of_place(Command& command, CallContext& call);
  Breaches breaches_of(const wire::Line& line, const Command& command) const;
  bool may_have_input_behind(const Command& command) const;
  void hello(const Command& command, CallContext& call);
  void starttls(const Command& command, CallContext& call);
  void auth(const Command& command, CallContext& call);
  void auth_line(std::string_view line, Breaches breaches, CallContext& call);
  void auth_step(AuthExchange::Step step, const Command& command, CallContext& call);
  void quit(const Command& command, CallContext& call);
  void help_or_verify(const Command& command, CallContext& call);

  // envelope.cpp
  void mail(Command& command, CallContext& call);
  void rcpt(Command& command, CallContext& call);
  bool route(std::string_view recipient, const Command& command, CallContext& call, bool& is_new);
  StageResult answer_of_route(const Command& command, ServerReply fallback, CallContext& call);

  // content.cpp
  void data(const Command& command, CallContext& call);
  void bdat(Command& command, CallContext& call);
  void begin_content(wire::DataReader::Framing framing);
  void take_content(std::string_view& input, CallContext& call);
  void take_chunk(std::string_view& input, CallContext& call);
  void skip_chunk(std::string_view& input);
  void skip(std::uint64_t size);
  void know_envelope();
  bool begin_chunks(const Command& command, CallContext& call);
  void run_content_rules(CallContext& call);
  std::uint64_t next_content_stop() const;
  void end_of_chunk(CallContext& call);
  void note_marks(journal::event::Content& content, CallContext& call) const;
  void note_notification(journal::event::Content& content, CallContext& call) const;
  void end_of_message(Command& command, std::size_t input_behind, CallContext& call);
  void accept_message(CallContext& call);
  std::uint32_t accepted_mail(CallContext& call);
  Breaches content_breaches(const wire::ContentFacts& facts) const;

  PreparedScenarioPtr prepared_;
  state::ServerState& state_;
  RecipientRouter* router_;
  std::uint64_t number_;
  Peer peer_;
  wire::LineSplitter splitter_;
  std::string helo_;
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<AuthExchange> auth_;
  std::uint64_t skip_left_ = 0; ///< bytes of an unwanted chunk
  std::uint32_t mail_commands_ = 0;
  std::uint32_t messages_ = 0; ///< accepted on this connection
  std::uint32_t commands_ = 0;
  std::uint32_t exchanges_ = 0; ///< recorded ones
  Secrets secrets_;
  std::uint32_t errors_ = 0;
  std::uint32_t commands_without_mail_ = 0; ///< since the last accepted message
  std::string_view verb_;                   ///< of the command at hand; empty between calls
  const StageRule* said_hello_ = nullptr;   ///< the rule whose own reply answered EHLO
  std::uint8_t idle_step_ = 0;              ///< index into PreparedScenario::idle_times()
  Mode mode_ = Mode::command;
  GreetingAnswer greeting_answer_ = GreetingAnswer::none;
  Stage stage_ = Stage::connect; ///< where the session stands
  Phase phase_ = Phase::waiting;
  Hello hello_ = Hello::none; ///< that was accepted
  bool tls_ = false;
  bool authenticated_ = false;
  bool mail_refused_ = false; ///< and nothing but what belongs behind MAIL has come since
  bool only_mail_ = false;    ///< was the command before
  RefusedDataText refused_data_text_ = RefusedDataText::none;
  bool half_closed_ = false; ///< nothing more can be said
  EarlyInput early_input_ = EarlyInput::none;
  bool said_421_ = false;
  bool connected_ = false; ///< the state counts this connection
};

} // namespace tempfail::session
