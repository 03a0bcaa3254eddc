// Fuzzes what reads a line: command, path and parameters, BDAT's argument, replies, base64. Invariants:
// - Every view points into the line.
// - A verb that is known is the word in front, in any case.
// - A path without an error has an address without brackets, or is the null path of MAIL.
// - A reply that was read and written reads back as the same reply.
// - What is no base64 yields nothing, what is yields three bytes for four.
#include "fuzz/targets.hpp"

#include "base/base64.hpp"
#include "wire/command.hpp"
#include "wire/reply.hpp"

#include <functional>

namespace tempfail::fuzz {
namespace {

bool is_within(std::string_view part, std::string_view whole) {
  if (part.empty()) return true;
  const std::less_equal<const char*> before;
  return before(whole.data(), part.data()) &&
         before(part.data() + part.size(), whole.data() + whole.size());
}

bool equals_ignoring_case(std::string_view word, std::string_view upper) {
  if (word.size() != upper.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((static_cast<unsigned char>(word[i]) & 0xDFU) != static_cast<unsigned char>(upper[i]))
      return false;
  return true;
}

void check_path(std::string_view arguments, std::string_view keyword) {
  const wire::PathResult result = wire::parse_path(arguments, keyword);
  if (result.error) return;
  require(is_within(result.path.address, arguments), "path: the address points into the line");
  require(keyword == "FROM" || !result.path.address.empty(), "path: a recipient is never empty");
  const bool quoted = result.path.address.starts_with('"');
  require(quoted || result.path.address.find_first_of("<> ") == std::string_view::npos,
          "path: no brackets in an address");
  for (const wire::Parameter& parameter : result.path.parameters) {
    require(!parameter.keyword.empty(), "path: a parameter has a keyword");
    require(is_within(parameter.keyword, arguments), "path: keywords point into the line");
    require(is_within(parameter.value, arguments), "path: values point into the line");
  }
}

} // namespace

void fuzz_commands(std::string_view input) {
  const wire::CommandLine command = wire::parse_command_line(input);
  require(is_within(command.verb_text, input), "command: the word points into the line");
  require(is_within(command.arguments, input), "command: the arguments point into the line");
  if (command.verb != wire::Verb::unknown)
    require(equals_ignoring_case(command.verb_text, wire::to_string(command.verb)),
            "command: a known verb is the word in front");
  for (const std::string_view text : {input, command.arguments}) {
    check_path(text, "FROM");
    check_path(text, "TO");
    wire::parse_bdat(text);
  }
  if (const auto reply = wire::parse_reply(input)) {
    require(!reply->lines.empty(), "reply: at least one line");
    const std::string wire_form = wire::serialize(*reply);
    require(wire_form.ends_with("\r\n"), "reply: ends with CR LF");
    const auto again = wire::parse_reply(wire_form);
    require(again && wire::serialize(*again) == wire_form, "reply: reads back");
  }
  if (const auto status = wire::parse_enhanced_status(input))
    require(wire::to_string(*status) == input, "status: reads back");
  if (const auto bytes = base::decode_base64(input))
    require(bytes->size() <= input.size() / 4 * 3, "base64: three bytes for four");
}

} // namespace tempfail::fuzz
