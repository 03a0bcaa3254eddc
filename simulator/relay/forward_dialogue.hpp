// One SMTP dialogue of a simulated host as a client (RFC 5321).
#pragma once

#include "relay/mail.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::relay {

/// EHLO, MAIL, RCPT for each recipient, DATA, the content, QUIT: one command at a time. It uses only the extensions
/// that the content needs and the server offers (8BITMIME). A reply that is not SMTP ends it.
class ForwardDialogue {
 public:
  /// `mail` outlives the dialogue. `hostname` is the host's own name.
  ForwardDialogue(const Mail& mail, std::string hostname);

  /// Takes bytes from the server; returns the bytes to send now, which may be none.
  std::string receive(std::string_view bytes);
  /// The connection is lost, or the time to wait is over.
  void lost(std::string_view why);
  /// The dialogue has ended.
  bool has_ended() const { return step_ == Step::over; }
  /// The result, after the end.
  const ForwardOutcome& outcome() const { return outcome_; }

 private:
  enum class Step : std::uint8_t { greeting, ehlo, mail, rcpt, data, content, quit, over };

  std::string answer(int code);
  std::string next_recipient();
  std::string leave();
  std::string decide(int code);
  std::string mail_command() const;

  const Mail& mail_;
  std::string hostname_;
  std::string input_; ///< not yet a whole line
  std::string reply_; ///< the lines of the reply that is coming in
  ForwardOutcome outcome_;
  std::size_t recipient_ = 0; ///< index of the one that was said last, plus one
  std::size_t accepted_ = 0;
  int last_refusal_ = 0; ///< of a recipient
  std::string last_refusal_text_;
  bool eight_bit_mime_ = false;
  bool decided_ = false;
  Step step_ = Step::greeting;
};

/// The content as sent after DATA: with stuffed dots and the final dot.
std::string stuffed(std::string_view content);

} // namespace tempfail::relay
