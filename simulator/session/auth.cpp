// Base64 and the two mechanisms.
#include "session/auth.hpp"

#include <utility>

namespace tempfail::session {
namespace {

/// The six bits of a digit; nothing for what is none.
std::optional<std::uint32_t> value_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

} // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::optional<std::uint32_t> value = value_of(c);
    if (!value) return std::nullopt;
    bits = bits << 6U | *value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(static_cast<unsigned char>(bits >> count));
  }
  return bytes;
}

AuthExchange::Step AuthExchange::start(std::optional<std::string_view> initial_response) {
  if (!initial_response) return mechanism_ == Mechanism::plain ? Step::ask_plain : Step::ask_user;
  if (*initial_response == "=") return take_response({});
  return take(*initial_response);
}

AuthExchange::Step AuthExchange::take(std::string_view line) {
  std::optional<std::string> response = decode_base64(line);
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
