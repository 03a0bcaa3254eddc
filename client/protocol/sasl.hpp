// The mechanisms of AUTH (RFC 4954): PLAIN, LOGIN and SCRAM-SHA-256.
#pragma once

#include "client/protocol/capabilities.hpp"
#include "client/protocol/session_settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

/// One exchange of one mechanism. Texts are raw, not base64.
class SaslMechanism {
 public:
  virtual ~SaslMechanism() = default;

  virtual std::string_view name() const = 0;
  /// The initial response that goes with the AUTH command; nothing: the server speaks first.
  virtual std::optional<std::string> initial() = 0;
  /// The answer to a challenge; nothing: the challenge makes no sense, give up.
  virtual std::optional<std::string> answer(std::string_view challenge) = 0;
  /// False when the server's success must not be believed (SCRAM: it has not proved itself).
  virtual bool complete() const { return true; }
};

std::unique_ptr<SaslMechanism> make_plain(const Credentials& credentials);
std::unique_ptr<SaslMechanism> make_login(const Credentials& credentials);
std::unique_ptr<SaslMechanism> make_scram_sha_256(const Credentials& credentials,
                                                  std::string nonce);

/// The best mechanism that the server offers, that is not in `refused`, and that the connection's
/// state allows: the password goes in clear text only if it is allowed to.
std::unique_ptr<SaslMechanism> choose_mechanism(const Capabilities& capabilities,
                                                const SessionSettings& settings, bool encrypted,
                                                const std::vector<std::string>& refused);

} // namespace tempfail::client
