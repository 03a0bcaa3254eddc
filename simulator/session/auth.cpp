// The two mechanisms.
#include "session/auth.hpp"

#include "base/base64.hpp"

#include <utility>

namespace tempfail::session {

AuthExchange::Step AuthExchange::start(std::optional<std::string_view> initial_response) {
  if (!initial_response) return mechanism_ == Mechanism::plain ? Step::ask_plain : Step::ask_user;
  if (*initial_response == "=") return take_response({});
  return take(*initial_response);
}

AuthExchange::Step AuthExchange::take(std::string_view line) {
  std::optional<std::string> response = base::decode_base64(line);
  if (!response) return Step::malformed;
  return take_response(std::move(*response));
}

AuthExchange::Step AuthExchange::take_response(std::string response) {
  if (mechanism_ == Mechanism::login) {
    if (has_user_) {
      password_ = std::move(response);
      return Step::complete;
    }
    has_user_ = true;
    user_ = std::move(response);
    return Step::ask_password;
  }
  // [authzid] NUL authcid NUL passwd
  const std::size_t first = response.find('\0');
  if (first == std::string::npos) return Step::malformed;
  const std::size_t second = response.find('\0', first + 1);
  if (second == std::string::npos || response.find('\0', second + 1) != std::string::npos)
    return Step::malformed;
  user_ = response.substr(first + 1, second - first - 1);
  password_ = response.substr(second + 1);
  if (user_.empty()) return Step::malformed;
  return Step::complete;
}

bool AuthExchange::valid(const scenario::Auth& auth) const {
  if (auth.users.empty()) return true;
  const auto found = auth.users.find(user_);
  return found != auth.users.end() && found->second == password_;
}

} // namespace tempfail::session
