// What a session is told before it starts: how much TLS, whose credentials, how patient.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tempfail::client {

/// How much TLS a try insists on.
enum class TlsMode : std::uint8_t {
  never,         ///< clear text only
  opportunistic, ///< STARTTLS when offered, clear text on a new connection when it fails (RFC 7435)
  required,      ///< no message without TLS; any certificate (RFC 3207)
  verified,      ///< no message without TLS and a certificate that is valid for the host (RFC 8314)
};

/// Credentials for AUTH; an empty user means: don't.
struct Credentials {
  std::string user{};
  std::string password{};
  bool allow_clear_text = false; ///< AUTH PLAIN and LOGIN even without TLS

  bool operator==(const Credentials&) const = default;
};

/// The client's patience, per stage (RFC 5321 section 4.5.3.2), in protocol time. time_scale
/// shrinks them.
struct TimeOuts {
  std::chrono::milliseconds connect = std::chrono::minutes(5);
  std::chrono::milliseconds greeting = std::chrono::minutes(5);
  std::chrono::milliseconds ehlo = std::chrono::minutes(5);
  std::chrono::milliseconds starttls = std::chrono::minutes(5);
  std::chrono::milliseconds handshake = std::chrono::minutes(5);
  std::chrono::milliseconds auth = std::chrono::minutes(5);
  std::chrono::milliseconds mail = std::chrono::minutes(5);
  std::chrono::milliseconds rcpt = std::chrono::minutes(5);
  std::chrono::milliseconds data = std::chrono::minutes(2);
  std::chrono::milliseconds block = std::chrono::minutes(3);    ///< each block of the content
  std::chrono::milliseconds message = std::chrono::minutes(10); ///< the reply after the final dot
  std::chrono::milliseconds rset = std::chrono::minutes(5);
  std::chrono::milliseconds quit = std::chrono::minutes(5);

  bool operator==(const TimeOuts&) const = default;
};

/// How a connection was protected, for logs, notifications and Received-like traces.
struct TlsState {
  bool used = false;
  bool verified = false; ///< the certificate was verified for the host's name
  std::string version{}; ///< "TLSv1.3"
  std::string cipher{};
};

/// All that the dialogue of one connection needs to know.
struct SessionSettings {
  std::string helo_name{}; ///< what EHLO says
  TlsMode tls = TlsMode::opportunistic;
  bool implicit_tls = false; ///< TLS from the first byte
  Credentials credentials{};
  TimeOuts time_outs{};
  bool pipelining = true; ///< use it where offered
  bool chunking = false;  ///< use BDAT where offered
  std::string nonce{};    ///< printable random text for SCRAM; empty: SCRAM is not used
};

} // namespace tempfail::client
