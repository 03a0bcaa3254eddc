// Actions. A reply is checked here and made ready for the wire, so that a session only has to send
// it.
#include "scenario/read_action.hpp"

#include "scenario/tls.hpp"
#include "wire/reply.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tempfail::scenario {
namespace {

constexpr std::size_t reply_line_limit = 512; ///< bytes with CR LF (RFC 5321 section 4.5.3.1.5)
constexpr std::size_t raw_limit = std::size_t{1} << 20U; ///< bytes
constexpr std::uint64_t drip_limit = std::uint64_t{1} << 20U;
constexpr std::string_view reply_form = "452 4.3.1 Insufficient system storage";

bool is_placeholder_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char character) {
    return (character >= 'a' && character <= 'z') || character == '-' || character == '_';
  });
}

/// Whether there are placeholders in `text`; unknown ones are mistakes.
bool has_placeholders(const Value& value, Mistakes& mistakes) {
  bool found = false;
  const std::string_view text = value.text;
  for (std::size_t open = text.find('{'); open != text.npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == text.npos) break;
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (!is_placeholder_name(name)) continue;
    found = true;
    if (std::find(placeholders.begin(), placeholders.end(), name) == placeholders.end())
      mistakes.add(value.at,
                   "unknown placeholder `{" + std::string(name) + "}`" + hint(name, placeholders),
                   join(placeholders));
  }
  return found;
}

/// What RFC 5321 and RFC 3463 ask of any reply; for everything else there is `raw`.
void check_reply(const wire::Reply& reply, const Value& value, Mistakes& mistakes) {
  if (reply.code < 200 || reply.code > 599)
    mistakes.add(value.at, std::to_string(reply.code) + " is no reply code",
                 "200 to 599; any bytes at all with `raw`");
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

std::optional<Action> read_reply(const Value& value, Mistakes& mistakes) {
  const auto reply = value.is_scalar() ? wire::parse_reply(value.text) : std::nullopt;
  if (!reply) {
    note_wrong(value, "reply", std::string(reply_form), mistakes);
    return std::nullopt;
  }
  check_reply(*reply, value, mistakes);
  action::Reply action;
  action.text.code = reply->code;
  action.text.wire = wire::serialize(*reply);
  action.text.has_placeholders = has_placeholders(value, mistakes);
  for (std::string_view rest = action.text.wire; !rest.empty();) {
    const std::size_t length = rest.find('\n') + 1;
    if (length > reply_line_limit)
      mistakes.add(value.at, "a line of this reply has " + std::to_string(length) + " bytes",
                   "at most " + std::to_string(reply_line_limit) + "; more with `raw`");
    rest.remove_prefix(length);
  }
  return action;
}

/// `30s`, or `1s..5s` to be drawn from the seed.
std::optional<Action> read_delay(const Value& value, Mistakes& mistakes) {
  const auto range = read_duration_range(value, mistakes);
  if (!range) return std::nullopt;
  if (!range->max || *range->max == Duration::zero()) {
    mistakes.add(value.at, shown(value) + " is no delay", "30s, 1s..5s; for ever with `stall`");
    return std::nullopt;
  }
  return action::Delay{range->min, *range->max};
}

std::optional<Action> read_drip(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("drip"), mistakes);
  action::Drip drip;
  if (const Value* const bytes = map.find("bytes"))
    drip.bytes = read_count(*bytes, 1, drip_limit, mistakes).value_or(1);
  if (const Value* const every = map.find("every"))
    drip.every = read_positive_duration(*every, mistakes).value_or(Duration(1));
  return drip;
}

std::optional<Action> read_raw(const Value& value, Mistakes& mistakes) {
  if (!value.is_scalar() || value.text.empty() || value.text.size() > raw_limit) {
    note_wrong(value, "bytes to send", "a text in double quotes: \"220 hal\\r\\n\"", mistakes);
    return std::nullopt;
  }
  return action::Raw{value.text};
}

/// A fatal alert by its name in the RFCs.
std::optional<Action> read_alert(const Value& value, Mistakes& mistakes) {
  std::array<std::string_view, alert_names.size()> names;
  std::transform(alert_names.begin(), alert_names.end(), names.begin(),
                 [](const AlertName& alert) { return alert.name; });
  const auto index = read_word(value, names, "TLS alert", mistakes);
  if (!index) return std::nullopt;
  return action::Alert{alert_names[*index].number};
}

/// An action that stands alone as a word.
std::optional<Action> read_action_word(const Value& value, Mistakes& mistakes) {
  if (value.is_scalar() &&
      std::find(action_keys.begin(), action_keys.end(), value.text) != action_keys.end() &&
      std::find(action_words.begin(), action_words.end(), value.text) == action_words.end()) {
    mistakes.add(value.at, "`" + value.text + "` needs something behind it",
                 "`" + value.text + ": …`");
    return std::nullopt;
  }
  const auto index = read_word(value, action_words, "action", mistakes);
  if (!index) return std::nullopt;
  const std::string_view word = action_words[*index];
  if (word == "accept") return action::Accept{};
  if (word == "close") return action::Close{};
  if (word == "reset") return action::Reset{};
  if (word == "half-close") return action::HalfClose{};
  if (word == "stall") return action::Stall{};
  return action::StopReading{};
}

} // namespace

void ReadActions::add(std::optional<Action> action, Place at) {
  if (!action) return;
  actions.push_back(std::move(*action));
  places.push_back(at);
}

std::optional<Action> read_action(std::string_view key, const Value& value, Mistakes& mistakes) {
  if (key == "reply") return read_reply(value, mistakes);
  if (key == "delay") return read_delay(value, mistakes);
  if (key == "drip") return read_drip(value, mistakes);
  if (key == "raw") return read_raw(value, mistakes);
  if (key == "alert") return read_alert(value, mistakes);
  if (key == "throttle") {
    const auto rate = read_byte_rate(value, mistakes);
    return rate ? std::optional<Action>(action::Throttle{*rate}) : std::nullopt;
  }
  if (key == "cut-handshake") {
    const auto bytes = read_size(value, mistakes);
    return bytes ? std::optional<Action>(action::CutHandshake{*bytes}) : std::nullopt;
  }
  const auto duration = read_positive_duration(value, mistakes);
  if (!duration) return std::nullopt;
  if (key == "stall") return action::Stall{duration};
  return action::StopReading{duration};
}

void read_actions(const Value& value, ReadActions& into, Mistakes& mistakes) {
  for_one_or_many(value, "action", mistakes, [&](const Value& item) {
    if (!item.is_map()) return into.add(read_action_word(item, mistakes), item.at);
    const Map map(item, map_kind("action"), mistakes);
    if (item.members.size() != 1)
      mistakes.add(item.at, "one action at a time: each is an entry of its own",
                   "a list of actions");
    for (const std::string_view key : action_keys)
      if (const Member* const member = map.find_member(key))
        into.add(read_action(key, member->value, mistakes), member->at);
  });
}

} // namespace tempfail::scenario
