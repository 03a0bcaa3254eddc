// One SMTP dialogue of a simulated host as a client (RFC 5321): what it says to what the server says.
#pragma once

#include "relay/mail.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::relay {

/// EHLO, MAIL, RCPT for each recipient, DATA, the content, QUIT: one command at a time. No extension but those
/// that the content asks for and the server has (8BITMIME). What is no SMTP ends it.
class Dialogue {
 public:
  /// `mail` outlives the dialogue. `hostname` is what the host calls itself.
  Dialogue(const Mail& mail, std::string hostname);

  /// Takes bytes of the server; returns what to send now, which may be nothing.
  std::string hear(std::string_view bytes);
  /// The server is gone, or nobody waits for it any longer.
  void lost(std::string_view why);
  /// Nothing more is to be said or heard.
  bool over() const { return step_ == Step::over; }
  /// How it came out, once it is over.
  const Outcome& outcome() const { return outcome_; }

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
  Outcome outcome_;
  std::size_t recipient_ = 0; ///< index of the one that was said last, plus one
  std::size_t accepted_ = 0;
  int last_refusal_ = 0; ///< of a recipient
  std::string last_refusal_text_;
  bool eight_bit_mime_ = false;
  bool decided_ = false;
  Step step_ = Step::greeting;
};

/// The content as it goes over the wire behind DATA: dots stuffed, the final dot behind it.
std::string stuffed(std::string_view content);

} // namespace tempfail::relay
