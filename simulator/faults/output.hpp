// What a fault can do to a client and its connection. The session makes effects of it; a fault knows no effects,
// so that the arrow between the two points one way.
#pragma once

#include "faults/reply_placeholders.hpp"
#include "scenario/units.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tempfail::faults {

/// In the order of the calls.
class Output {
 public:
  /// A duration between the two, drawn from the run's seed.
  virtual Duration random_duration(Duration min, Duration max) = 0;
  /// What the placeholders of a reply stand for.
  virtual const ReplyPlaceholderValues& placeholder_values() const = 0;

  /// Sends what the client takes for the reply to its command.
  virtual void reply(std::string_view wire) = 0;
  /// Sends bytes in the place of a reply, whatever the client makes of them.
  virtual void bytes(std::string_view bytes) = 0;
  /// Sends bytes that are no part of an SMTP dialogue.
  virtual void tls_record(std::string_view bytes) = 0;
  /// From here on all output goes out in pieces of `size` bytes, `every` apart.
  virtual void send_in_pieces(std::uint64_t size, Duration every) = 0;
  /// From here on each reply is sent twice.
  virtual void duplicate_replies() = 0;
  /// What follows happens later.
  virtual void wait(Duration duration) = 0;

  /// FIN after all output.
  virtual void close() = 0;
  /// RST at once.
  virtual void reset() = 0;
  /// FIN after all output; the server goes on reading.
  virtual void half_close() = 0;
  /// Reads, and says nothing more until the client ends the connection.
  virtual void fall_silent() = 0;
  /// Reads nothing from here on, for the duration or until the client ends the connection.
  virtual void stop_reading(std::optional<Duration> duration) = 0;
  /// Takes the client's bytes no faster than this from here on.
  virtual void throttle(const scenario::Rate& rate) = 0;
  /// Begins the TLS handshake and falls silent after so many bytes; what follows happens then.
  virtual void cut_handshake(std::uint64_t bytes) = 0;

 protected:
  Output() = default;
  Output(const Output&) = default;
  Output& operator=(const Output&) = default;
  ~Output() = default;
};

} // namespace tempfail::faults
