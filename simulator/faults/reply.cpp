// A reply is checked when it is read and made ready for the wire, so that a session only has to send it.
#include "faults/reply.hpp"

#include "scenario/read_value.hpp"
#include "wire/reply.hpp"

#include <algorithm>

namespace tempfail::faults {

using scenario::Mistakes;
using scenario::Value;

namespace {

constexpr std::size_t reply_line_limit = 512; ///< bytes with CR LF (RFC 5321 section 4.5.3.1.5)
constexpr std::string_view reply_form = "452 4.3.1 Insufficient system storage";

bool is_placeholder_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char character) {
    return (character >= 'a' && character <= 'z') || character == '-' || character == '_';
  });
}

/// Whether there are placeholders in `text`; unknown ones are mistakes.
bool names_placeholders(const Value& value, Mistakes& mistakes) {
  bool found = false;
  const std::string_view text = value.text;
  for (std::size_t open = text.find('{'); open != text.npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == text.npos) break;
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (!is_placeholder_name(name)) continue;
    found = true;
    const auto names = scenario::names_of(reply_placeholders);
    if (std::find(names.begin(), names.end(), name) == names.end())
      mistakes.add(value.at,
                   "unknown placeholder `{" + std::string(name) + "}`" +
                       scenario::did_you_mean(name, names),
                   scenario::join(names));
  }
  return found;
}

/// What RFC 5321 and RFC 3463 ask of any reply; for everything else there is `raw`.
void check_reply(const wire::Reply& reply, const Value& value, Mistakes& mistakes) {
  if (reply.code < 200 || reply.code > 599)
    mistakes.add(value.at, std::to_string(reply.code) + " is not a valid reply code",
                 "200 to 599; for any other bytes use `raw`");
  if (reply.enhanced && reply.enhanced->status_class != reply.code / 100)
    mistakes.add(value.at,
                 "the status " + wire::to_string(*reply.enhanced) + " contradicts the reply code " +
                     std::to_string(reply.code),
                 "a status of class " + std::to_string(reply.code / 100));
  for (const std::string& line : reply.lines) {
    const bool control = std::any_of(line.begin(), line.end(), [](char character) {
      return static_cast<unsigned char>(character) < 0x20 || character == 0x7f;
    });
    if (control)
      mistakes.add(value.at, "a reply has no control characters", "any bytes at all with `raw`");
  }
}

} // namespace

std::optional<Reply> Reply::read(const Value& value, Mistakes& mistakes) {
  const auto parsed = value.is_scalar() ? wire::parse_reply(value.text) : std::nullopt;
  if (!parsed) {
    scenario::note_wrong(value, "reply", std::string(reply_form), mistakes);
    return std::nullopt;
  }
  check_reply(*parsed, value, mistakes);
  Reply reply;
  reply.text.code = parsed->code;
  reply.text.wire = wire::serialize(*parsed);
  reply.text.has_placeholders = names_placeholders(value, mistakes);
  for (std::string_view rest = reply.text.wire; !rest.empty();) {
    const std::size_t length = rest.find('\n') + 1;
    if (length > reply_line_limit)
      mistakes.add(value.at, "a line of this reply has " + std::to_string(length) + " bytes",
                   "at most " + std::to_string(reply_line_limit) + "; more with `raw`");
    rest.remove_prefix(length);
  }
  return reply;
}

void Reply::perform(Output& output) const {
  if (!text.has_placeholders) {
    output.reply(text.wire);
    return;
  }
  std::string filled;
  append_filled(text.wire, output.placeholder_values(), filled);
  output.reply(filled);
}

} // namespace tempfail::faults
