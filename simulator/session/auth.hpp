// The exchange of AUTH PLAIN (RFC 4616) and AUTH LOGIN, apart from everything else.
#pragma once

#include "scenario/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::session {

/// One exchange, from the AUTH command until the credentials are there.
class AuthExchange {
 public:
  enum class Mechanism : std::uint8_t { plain, login };
  /// What is to be said next.
  enum class Step : std::uint8_t {
    ask_plain, ///< an empty prompt
    ask_user,
    ask_password,
    complete,  ///< the credentials are there: see valid()
    malformed, ///< no base64, or not what the mechanism wants
  };

  explicit AuthExchange(Mechanism mechanism) : mechanism_(mechanism) {}

  /// The first step: with the AUTH command's initial response ("=" for an empty one), or without.
  Step start(std::optional<std::string_view> initial_response);
  /// A line of the client's.
  Step take(std::string_view line);
  /// Whether the credentials are good. No users at all: anyone is let in.
  bool valid(const scenario::Auth& auth) const;

 private:
  Step take_response(std::string response);

  Mechanism mechanism_;
  bool has_user_ = false;
  std::string user_;
  std::string password_;
};

} // namespace tempfail::session
