// The stages of a session at which a rule can apply. The words are RFC 5321's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::scenario {

/// Where in a session something happens.
enum class Stage : std::uint8_t {
  connect,   ///< the connection was accepted, nothing was said
  greeting,  ///< the 220 line
  ehlo,      ///< EHLO or HELO
  starttls,  ///< the STARTTLS command
  handshake, ///< the TLS handshake, after STARTTLS or at once on an implicit-TLS port
  auth,      ///< AUTH, and the lines of its exchange
  mail,      ///< MAIL FROM
  rcpt,      ///< RCPT TO
  data,      ///< DATA, or the first BDAT of a message: the reply to the command
  content,   ///< while the content arrives
  message,   ///< the reply after the final dot, or after BDAT LAST
  rset,
  noop,
  vrfy, ///< VRFY, EXPN and HELP
  quit,
  unknown, ///< a command no server knows
  idle,    ///< between commands, nothing arrives
};
inline constexpr std::size_t stage_count = 17;
inline constexpr std::array<std::string_view, stage_count> stage_names = {
    "connect", "greeting", "ehlo", "starttls", "handshake", "auth", "mail",    "rcpt", "data",
    "content", "message",  "rset", "noop",     "vrfy",      "quit", "unknown", "idle"};

constexpr std::string_view to_string(Stage stage) {
  return stage_names[static_cast<std::size_t>(stage)];
}
constexpr std::optional<Stage> parse_stage(std::string_view name) {
  for (std::size_t i = 0; i < stage_count; ++i)
    if (stage_names[i] == name) return static_cast<Stage>(i);
  return std::nullopt;
}

/// A set of stages.
class Stages {
 public:
  constexpr Stages(std::initializer_list<Stage> stages) {
    for (const Stage stage : stages)
      bits_ |= 1U << static_cast<unsigned>(stage);
  }
  constexpr bool has(Stage stage) const {
    return (bits_ >> static_cast<unsigned>(stage) & 1U) != 0;
  }
  /// These but for the others.
  constexpr Stages without(Stages other) const {
    Stages left{};
    left.bits_ = bits_ & ~other.bits_;
    return left;
  }
  /// "mail, rcpt"
  std::string names() const {
    std::string text;
    for (std::size_t i = 0; i < stage_count; ++i)
      if (has(static_cast<Stage>(i)))
        text += (text.empty() ? "" : ", ") + std::string(stage_names[i]);
    return text;
  }
  friend constexpr bool operator==(Stages, Stages) = default;

 private:
  unsigned bits_ = 0;
};

/// All of them.
inline constexpr Stages all_stages = {
    Stage::connect, Stage::greeting, Stage::ehlo, Stage::starttls, Stage::handshake, Stage::auth,
    Stage::mail,    Stage::rcpt,     Stage::data, Stage::content,  Stage::message,   Stage::rset,
    Stage::noop,    Stage::vrfy,     Stage::quit, Stage::unknown,  Stage::idle};

} // namespace tempfail::scenario
