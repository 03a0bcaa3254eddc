// Plays the connection and the server for a Dialogue, so that a test reads like a session.
#pragma once

#include "client/protocol/dialogue.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

class Conversation {
 public:
  explicit Conversation(SessionSettings settings = {});

  // Events. Each replaces what the dialogue did last.
  Conversation& connected();
  Conversation&
  hears(std::string_view lines); ///< server's lines; '\n' becomes CRLF, one is added at the end
  Conversation& hears_bytes(std::string_view bytes);
  Conversation& wrote();
  Conversation& shook_hands();
  Conversation& fails_handshake(std::string_view what);
  Conversation& times_out();
  Conversation& loses(Ending ending);
  Conversation& begins(std::string content, std::vector<std::string> recipients);
  Conversation& begins(const Message& message, std::vector<Recipient> recipients);
  Conversation& quits();

  // What the dialogue must have done at the last event.
  Conversation& says(std::string_view lines); ///< all it wrote, but content; "" for nothing
  Conversation& sends_content(std::string_view bytes); ///< with the final dot
  Conversation& awaits(Stage stage, std::chrono::milliseconds time_out);
  Conversation& starts_tls();
  Conversation& is_ready();
  Conversation& commits(std::vector<std::size_t> recipients);
  /// "FATE FAILURE STAGE STATUS CODE" and " in-doubt" where it is.
  Conversation& settles(std::size_t recipient, std::string_view judgement);
  Conversation& settles_nobody();
  Conversation& fails_session(std::string_view judgement);
  Conversation& is_done(bool reusable = true);
  Conversation& closes(bool expected = true);
  Conversation& is_over();

  // Whole passages.
  Conversation& greeted(std::string_view ehlo_reply = "250 mx.test"); ///< to ready, without TLS
  Conversation& accepted(std::string_view content,
                         std::vector<std::string> recipients); ///< to after the content

  Dialogue& dialogue() { return dialogue_; }
  const Actions& last() const { return last_; }
  template <class Kind>
  const Kind* find() const {
    for (const Action& action : last_) {
      if (const auto* kind = std::get_if<Kind>(&action)) {
        return kind;
      }
    }
    return nullptr;
  }

 private:
  Conversation& after(Actions actions);

  Dialogue dialogue_;
  Actions last_;
};

/// Settings of the tests: EHLO client.test, no TLS.
SessionSettings plain_settings();

std::string describe(const Settlement& settlement);

} // namespace tempfail::client
