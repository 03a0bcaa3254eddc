// One SMTP session as the client sees it: events in, actions out. No socket, no clock, no log.
//
// Every event returns what to do now, in order. The holder of the connection performs the actions
// of one call to the end before it reports the next event.
#pragma once

#include "client/protocol/action.hpp"
#include "client/protocol/capabilities.hpp"
#include "client/protocol/command.hpp"
#include "client/protocol/message.hpp"
#include "client/protocol/reply.hpp"
#include "client/protocol/sasl.hpp"
#include "client/protocol/session_settings.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

/// What is wrong with a connection that ended.
enum class Ending : std::uint8_t {
  closed, ///< the peer closed it (FIN)
  reset,  ///< the peer reset it (RST), or the network did
};

class Dialogue {
 public:
  explicit Dialogue(SessionSettings settings);

  /// The TCP connection is there.
  Actions start();
  /// Bytes came. After a STARTTLS reply the rest of them is dropped.
  Actions receive(std::string_view bytes);
  /// A reply came (receive() calls this for each).
  Actions reply(const Reply& reply);
  /// All that was to be written has been handed to the network.
  Actions written();
  Actions handshake_done(const TlsState& tls);
  Actions handshake_failed(std::string_view what);
  /// The time-out of the last Await, Handshake or block of content ran out.
  Actions timed_out();
  /// The peer ended the connection; `what` says how, in words.
  Actions closed(Ending ending, std::string_view what);

  /// This side can't go on with the message: what completes it has not left, and will not.
  Actions cancel(std::string_view why);

  /// Begins a message for these recipients; only when ready().
  Actions begin(const Message& message, std::vector<Recipient> recipients);
  /// Says goodbye; only when ready().
  Actions quit();

  bool ready() const { return state_ == State::ready; }
  bool over() const { return state_ == State::over; }
  /// Where the session stands: the stage whose reply is awaited.
  Stage stage() const;
  const Capabilities& capabilities() const { return capabilities_; }
  const TlsState& tls() const { return tls_; }

 private:
  enum class State : std::uint8_t {
    setting_up,  ///< greeting, EHLO, STARTTLS, AUTH
    handshaking, ///< the TLS handshake
    ready,       ///< between messages
    busy,        ///< in a transaction
    quitting,    ///< QUIT is out
    over,        ///< nothing more will happen
  };

  /// A reply that is owed to us.
  struct Pending {
    Stage stage = Stage::greeting;
    std::size_t recipient = 0; ///< for RCPT
  };

  /// The transaction under way.
  struct Transaction {
    Message message;
    std::vector<Recipient> recipients;
    std::vector<bool> settled;
    std::vector<bool> accepted;
    std::shared_ptr<const std::string> wire; ///< the content as it goes out
    std::size_t wire_sent = 0;               ///< of the content, for BDAT
    std::size_t next_recipient = 0;          ///< whose RCPT goes out next
    MailNeeds needs;
    bool heard = false; ///< a reply to any of its commands came
    bool mail_refused = false;
    bool sending = false;   ///< content is being written
    bool last_part = false; ///< ... and it is the part with the final dot, or the last chunk
    bool committed = false; ///< ... and it has all been handed to the network
    bool empty_end =
        false; ///< DATA went through although nobody is left: an empty message closes it
  };

  // Set-up (dialogue_setup.cpp).
  void on_greeting(const Reply& reply, Actions& actions);
  void on_ehlo(const Reply& reply, Actions& actions);
  void on_starttls(const Reply& reply, Actions& actions);
  void on_auth(const Reply& reply, Actions& actions);
  void send_ehlo(Actions& actions);
  void after_ehlo(Actions& actions);
  void begin_auth(Actions& actions);
  void become_ready(Actions& actions);
  void handshake(Actions& actions);

  // A transaction (dialogue_transaction.cpp).
  void send_envelope(Actions& actions);
  bool send_next_rcpt(Actions& actions);
  bool settle_unsendable(Actions& actions);
  bool keeps_tls_required() const;
  void on_rset(const Reply& reply, Actions& actions);
  void on_mail(const Reply& reply, Actions& actions);
  void on_rcpt(const Reply& reply, std::size_t recipient, Actions& actions);
  void on_data(const Reply& reply, Actions& actions);
  void on_chunk(const Reply& reply, Actions& actions);
  void on_message(const Reply& reply, Actions& actions);
  void envelope_done(Actions& actions);
  void send_chunk(Actions& actions);
  void announce_commit(Actions& actions);
  void send_content(std::size_t length, std::string trailer, bool last, Actions& actions);
  bool any_accepted() const;
  void settle_open(const Settlement& settlement, Actions& actions);
  void settle_accepted(const Settlement& settlement, Actions& actions);
  void settle(std::size_t recipient, const Settlement& settlement, Actions& actions);
  void transaction_done(bool needs_reset, Actions& actions);

  // Ends (dialogue.cpp).
  void dispatch(const Pending& pending, const Reply& reply, Actions& actions);
  void process(const Reply& reply, Actions& actions);
  void fail(Settlement settlement, Actions& actions);
  void fail_protocol(std::string_view what, Actions& actions);
  void refuse_session(Settlement settlement, Actions& actions);
  void send_command(std::string command, Stage stage, Actions& actions, std::size_t recipient = 0);
  void await(Actions& actions);
  void hang_up(Actions& actions);
  std::chrono::milliseconds time_out(Stage stage) const;

  SessionSettings settings_;
  State state_ = State::setting_up;
  ReplyReader reader_;
  std::deque<Pending> pending_;
  std::optional<Stage> answering_; ///< whose reply is being dealt with
  Capabilities capabilities_;
  TlsState tls_;
  bool said_helo_ = false;
  bool drop_input_ = false; ///< what follows in the input came before TLS
  bool needs_reset_ = false;
  std::unique_ptr<SaslMechanism> mechanism_;
  std::vector<std::string> refused_mechanisms_;
  std::optional<Transaction> transaction_;
};

} // namespace tempfail::client
