// What the dialogue asks of whoever holds the connection, as values.
#pragma once

#include "client/protocol/failure.hpp"
#include "client/protocol/stage.hpp"
#include "client/protocol/status.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace tempfail::client {

/// A judgement: of one recipient, or of a session that failed before it could take a message.
struct Settlement {
  Fate fate = Fate::transient;
  Failure failure = Failure::none;
  Stage stage = Stage::message;
  Status status{};          ///< never empty once it leaves the dialogue
  std::uint16_t code = 0;   ///< 0: no reply decided it
  std::string text{};       ///< the reply's text, or what went wrong in words
  bool in_doubt = false;    ///< the final dot was handed to the network but no reply came back
  bool replied = false;     ///< the server said it
  bool dsn_relayed = false; ///< delivered, and the server takes care of notifications
};

namespace action {

/// Write these bytes.
struct Send {
  std::string bytes;
};

/// Write this part of the content, then `trailer`; give each block `time_out`.
struct SendContent {
  std::shared_ptr<const std::string> content;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string trailer{}; ///< the final dot, or nothing
  std::chrono::milliseconds block_time_out{};
};

/// Bytes are expected within `time_out`; replaces the wait before it. After it, timed_out().
struct Await {
  Stage stage = Stage::greeting;
  std::chrono::milliseconds time_out{};
};

/// Begin the TLS handshake, within `time_out`; then handshake_done() or handshake_failed().
struct Handshake {
  std::chrono::milliseconds time_out{};
};

/// The session is set up: begin() may be called.
struct Ready {};

/// The session failed before it was ready, or while it was idle. Close follows.
struct SessionFailed {
  Settlement settlement;
};

/// The bytes that complete the message leave next. For these recipients (indexes) the window opens. If it
/// must not: skip the rest of the actions and call cancel().
struct Committing {
  std::vector<std::size_t> recipients;
};

/// A recipient's fate in this transaction.
struct Settled {
  std::size_t recipient = 0;
  Settlement settlement;
};

/// All recipients are settled.
struct TransactionDone {
  bool reusable = false;      ///< begin() may be called again; else only quit(), or Close follows
  bool nothing_heard = false; ///< the connection went before any reply to this transaction
};

/// Write what is still to be written, then close the connection.
struct Close {};

} // namespace action

using Action = std::variant<action::Send, action::SendContent, action::Await, action::Handshake,
                            action::Ready, action::SessionFailed, action::Committing,
                            action::Settled, action::TransactionDone, action::Close>;
using Actions = std::vector<Action>;

} // namespace tempfail::client
