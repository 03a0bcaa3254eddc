// The names of the stages of a delivery.
#include "client/protocol/stage.hpp"

#include <array>
#include <cstddef>

namespace tempfail::client {
namespace {

constexpr std::array<std::string_view, 15> stage_names = {
    "resolve", "connect", "greeting", "ehlo",    "starttls", "handshake", "auth", "mail",
    "rcpt",    "data",    "content",  "message", "rset",     "quit",      "idle"};

} // namespace

std::string_view name(Stage stage) {
  return stage_names.at(static_cast<std::size_t>(stage));
}

std::optional<Stage> stage_from_name(std::string_view name) {
  for (std::size_t index = 0; index < stage_names.size(); ++index) {
    if (stage_names.at(index) == name) {
      return static_cast<Stage>(index);
    }
  }
  return std::nullopt;
}

} // namespace tempfail::client
