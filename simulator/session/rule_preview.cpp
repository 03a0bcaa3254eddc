// Looks at a rule's actions before they are performed.
#include "session/rule_preview.hpp"

namespace tempfail::session {

RuleReply reply_of(const StageRule& rule, const Placeholders& placeholders, Texts& texts) {
  RuleReply reply;
  std::string joined;
  bool first = true;
  for (const scenario::Action& each : rule.rule->actions) {
    const auto* const said = std::get_if<faults::Reply>(&each);
    const auto* const raw = std::get_if<faults::Raw>(&each);
    if (said == nullptr && raw == nullptr) continue;
    const std::string_view text = said != nullptr ? said->text.wire : raw->bytes;
    const bool plain = said == nullptr || !said->text.has_placeholders;
    if (first && plain) {
      reply.wire = text;
    } else {
      if (joined.empty()) joined = reply.wire;
      if (plain)
        joined += text;
      else
        faults::append_filled(text, placeholders, joined);
    }
    if (first) reply.code = said != nullptr ? said->text.code : raw->code();
    first = false;
  }
  if (!joined.empty()) reply.wire = texts.keep(joined);
  return reply;
}

Duration leading_delay(const StageRule& rule, state::ServerState& state) {
  if (rule.rule->actions.empty()) return Duration::zero();
  const scenario::Action& first = rule.rule->actions.front();
  if (const auto* delay = std::get_if<faults::Delay>(&first))
    return state.draw(delay->min, delay->max);
  if (const auto* stall = std::get_if<faults::Stall>(&first))
    return stall->duration.value_or(Duration::zero());
  return Duration::zero();
}

} // namespace tempfail::session
