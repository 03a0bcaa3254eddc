// Keys, counts, windows and chances of rules.
#include "state/counters.hpp"

#include "state/chance.hpp"
#include "state/window.hpp"
#include "wire/address.hpp"

namespace tempfail::state {
namespace {

using scenario::KeyedBy;

constexpr std::size_t longest_key = 256; ///< bytes; a longer one is kept as its hash

void append_envelope(const KeyContext& context, std::string& out) {
  if (!context.has_sender) { // before MAIL there is only the client
    out += context.client;
    return;
  }
  out += '<';
  out += wire::untagged_sender(context.sender);
  out += '>';
  out += context.envelope_recipients.empty() ? context.recipient : context.envelope_recipients;
}

void append_whole_key(KeyedBy per, const KeyContext& context, std::string& out) {
  switch (per) {
  case KeyedBy::envelope: append_envelope(context, out); return;
  case KeyedBy::sender:
    if (context.has_sender) out += '<';
    out += context.has_sender ? wire::untagged_sender(context.sender) : std::string(context.client);
    return;
  case KeyedBy::recipient: out += context.recipient; return;
  case KeyedBy::client: out += context.client; return;
  case KeyedBy::message:
    if (context.message.empty())
      append_envelope(context, out);
    else
      out += context.message;
    return;
  case KeyedBy::connection: out += std::to_string(context.connection); return;
  case KeyedBy::scenario: return;
  }
}

} // namespace

void append_key(KeyedBy per, const KeyContext& context, std::string& out) {
  const std::size_t begin = out.size();
  append_whole_key(per, context, out);
  if (out.size() - begin <= longest_key) return;
  const std::string_view key = std::string_view(out).substr(begin);
  const std::uint64_t first = mix_bits(key);
  const std::uint64_t second = mix_bits(key.substr(key.size() / 2)) ^ key.size();
  out.resize(begin);
  out += '#' + std::to_string(first) + '.' + std::to_string(second);
}

RuleCount count_once_more(RuleCount count, Moment since) {
  if (count.times == 0) count.since = since;
  ++count.times;
  return count;
}

bool fires(const scenario::Trigger& trigger, std::uint64_t seed, int line, std::string_view key,
           const RuleCount& count, Moment now) {
  if (trigger.attempts && !trigger.attempts->contains(count.times)) return false;
  if (trigger.every && count.times % *trigger.every != 0) return false;
  if (trigger.during && !in_window(*trigger.during, now - count.since)) return false;
  return !trigger.chance || chance_of(seed, line, key, count.times) < *trigger.chance;
}

} // namespace tempfail::state
