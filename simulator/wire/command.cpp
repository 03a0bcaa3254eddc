// Splits a command line at its verb, and reads the argument of BDAT.
#include "wire/command.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tempfail::wire {
namespace {

constexpr std::array<std::string_view, 14> verb_names = {"HELO", "EHLO", "STARTTLS", "AUTH", "MAIL",
                                                         "RCPT", "DATA", "BDAT",     "RSET", "NOOP",
                                                         "VRFY", "EXPN", "HELP",     "QUIT"};

/// Up to eight letters as one number, upper case; 0 for anything that can be no verb.
constexpr std::uint64_t pack(std::string_view word) {
  if (word.size() > 8) return 0;
  std::uint64_t packed = 0;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    const auto upper = static_cast<unsigned char>(byte & 0xDFU);
    if (upper < 'A' || upper > 'Z' || byte >= 0x80U) return 0;
    packed = packed << 8U | upper;
  }
  return packed;
}

constexpr std::array<std::uint64_t, verb_names.size()> packed_verbs = [] {
  std::array<std::uint64_t, verb_names.size()> packed{};
  for (std::size_t i = 0; i < verb_names.size(); ++i)
    packed[i] = pack(verb_names[i]);
  return packed;
}();

constexpr std::string_view white_space = " \t";

} // namespace

std::string_view to_string(Verb verb) {
  return verb == Verb::unknown ? "?" : verb_names[static_cast<std::size_t>(verb)];
}

CommandLine parse_command_line(std::string_view line) {
  CommandLine command;
  const std::size_t space = line.find_first_of(white_space);
  command.verb_text = line.substr(0, space);
  if (space != std::string_view::npos) command.arguments = base::trimmed(line.substr(space));
  if (const std::uint64_t packed = pack(command.verb_text); packed != 0) {
    const auto found = std::find(packed_verbs.begin(), packed_verbs.end(), packed);
    if (found != packed_verbs.end()) command.verb = static_cast<Verb>(found - packed_verbs.begin());
  }
  return command;
}

std::optional<BdatArgument> parse_bdat(std::string_view arguments) {
  const std::size_t space = arguments.find_first_of(white_space);
  const std::string_view number = arguments.substr(0, space);
  BdatArgument argument;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), argument.size);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  if (space != std::string_view::npos) {
    const std::string_view rest = base::trimmed(arguments.substr(space));
    if (!rest.empty() && !base::equal_ignoring_case(rest, "LAST")) return std::nullopt;
    argument.last = !rest.empty();
  }
  return argument;
}

} // namespace tempfail::wire
