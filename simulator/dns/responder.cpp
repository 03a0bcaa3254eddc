// Looks names up as a resolver does, and says what a rule says instead.
#include "dns/responder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace tempfail::dns {
namespace {

using scenario::NameAnswer;
using scenario::NameAnswerKind;
using scenario::NameRule;

constexpr std::uint16_t any_type = 255; ///< QTYPE *
/// How many CNAMEs are followed; resolvers stop at eight to sixteen.
constexpr int longest_chain = 16;
/// All that this name server knows ends so (RFC 6761 section 6.2).
constexpr std::string_view top = "test";

/// Names of addresses that nobody has outside: a resolver answers for them itself (RFC 6303 section 4).
constexpr std::array<std::string_view, 5> local_reverse = {
    "127.in-addr.arpa", "2.0.192.in-addr.arpa", "100.51.198.in-addr.arpa", "113.0.203.in-addr.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa"};

/// What has no zone here and is known not to be there: names below .test, names of addresses that nobody has outside,
/// and those that end in a number, as addresses do that somebody takes for names; the root has no such domain.
bool is_missing(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  const bool is_number = !last.empty() && last.find_first_not_of("0123456789") == last.npos;
  return is_number || is_at_or_below(name, top) ||
         std::any_of(local_reverse.begin(), local_reverse.end(),
                     [name](std::string_view zone) { return is_at_or_below(name, zone); });
}

bool is_wanted(const WireRecord& record, std::uint16_t type) {
  return type == any_type || record.type == type;
}

const WireRecord* find_cname(const RecordList& records) {
  const auto found = std::find_if(records.begin(), records.end(),
                                  [](const WireRecord& record) { return !record.target.empty(); });
  return found == records.end() ? nullptr : &*found;
}

/// A referral upwards, from a server that knows nothing of the name and does not recurse.
void refer(Reply& reply) {
  reply.recursion_available = false;
  reply.authority.push_back(make_record("", scenario::RecordType::ns, "a.root-servers.test.", 0));
}

/// "0a1B"
std::string bytes_of_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string with_id(const Query& query, scenario::WrongPart wrong_part, const std::string& rest) {
  const auto id =
      static_cast<std::uint16_t>(wrong_part == scenario::WrongPart::id ? ~query.id : query.id);
  std::string bytes;
  bytes += static_cast<char>(id >> 8U);
  bytes += static_cast<char>(id & 0xFFU);
  return bytes + rest;
}

/// What else is wrong with an answer, as the journal has it.
std::string did_of(const NameAnswer& answer) {
  std::string text;
  const auto add = [&text](bool holds, std::string_view word) {
    if (!holds) return;
    if (!text.empty()) text += ' ';
    text += word;
  };
  add(answer.delay > Duration::zero(), "late");
  add(answer.wrong_part == scenario::WrongPart::id, "wrong-id");
  add(answer.wrong_part == scenario::WrongPart::question, "wrong-question");
  return text;
}

/// A rule's own words about the header, and about the records there are.
void apply(const Zone& zone, const NameAnswer& answer, Reply& reply) {
  reply.truncated = answer.truncated;
  reply.wrong_part = answer.wrong_part;
  if (!answer.ttl) return;
  for (RecordList* const list : {&reply.answer, &reply.authority})
    for (WireRecord& record : *list)
      record.ttl = zone.real_ttl(*answer.ttl);
}

} // namespace

journal::event::Query& QueryOutcome::query_event() {
  event.name = name;
  event.type = type;
  event.records = records;
  event.other_faults = other_faults;
  return event;
}

void Responder::add(Zone& zone) {
  for (const std::string& domain : zone.domains())
    if (const auto other = zones_.find(domain); other != zones_.end())
      throw std::invalid_argument("the domain " + domain + " already belongs to the scenario " +
                                  other->second->scenario().name);
  for (const std::string& domain : zone.domains())
    zones_.emplace(domain, &zone);
}

void Responder::remove(Zone& zone) {
  std::erase_if(zones_, [&zone](const auto& entry) { return entry.second == &zone; });
}

void Responder::set_host(std::string_view name, const std::string& address) {
  remove_host(name);
  hosts_.push_back(make_record(plain_name(name), scenario::RecordType::a, address, 0));
}

bool Responder::remove_host(std::string_view name) {
  const std::string plain = plain_name(name);
  return std::erase_if(hosts_, [&](const WireRecord& one) { return one.owner == plain; }) != 0;
}

Zone* Responder::zone_of(std::string_view name) const {
  while (true) {
    if (const auto found = zones_.find(name); found != zones_.end()) return found->second;
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return nullptr;
    name.remove_prefix(dot + 1);
  }
}

QueryOutcome Responder::answer(std::string_view bytes, const ParsedQuery& parsed,
                               Moment now) const {
  QueryOutcome outcome;
  if (!parsed.answerable) {
    outcome.event.answer = to_string(NameAnswerKind::silence);
    return outcome;
  }
  if (parsed.query && parsed.refusal == Rcode::noerror) return answer_query(*parsed.query, now);
  outcome.event.answer = to_string(parsed.refusal);
  if (!parsed.query) {
    outcome.name = std::string(1, '.');
    outcome.bytes = compose_refusal(bytes, parsed.refusal);
    return outcome;
  }
  Reply reply;
  reply.rcode = parsed.refusal;
  outcome.bytes = compose(*parsed.query, reply);
  outcome.name = parsed.query->name.empty() ? "." : parsed.query->name;
  outcome.type = type_name(parsed.query->type);
  outcome.event.id = parsed.query->id;
  return outcome;
}

QueryOutcome Responder::answer_query(const Query& query, Moment now) const {
  QueryOutcome outcome;
  outcome.name = query.name.empty() ? "." : query.name;
  outcome.type = type_name(query.type);
  outcome.event.client = query.client;
  outcome.event.transport = query.transport;
  outcome.event.id = query.id;
  Zone* const zone = zone_of(query.name);
  const NameRule* const rule = zone == nullptr ? nullptr : zone->firing_rule(query, now);
  const NameAnswer answer = rule == nullptr ? NameAnswer() : rule->answer;
  outcome.wait = answer.delay;
  outcome.other_faults = did_of(answer);
  if (rule != nullptr) outcome.event.rule = rule->line;
  outcome.event.met =
      rule != nullptr || (zone != nullptr && zone->asks_for_scenario_records(query));

  if (answer.raw) {
    outcome.event.answer = "raw";
    outcome.bytes = with_id(query, answer.wrong_part, bytes_of_hex(*answer.raw));
    return outcome;
  }
  Reply reply;
  bool is_code = true;
  switch (answer.kind) {
  case NameAnswerKind::records: resolve(query, rule, reply); break;
  case NameAnswerKind::nodata: deny(query.name, Rcode::noerror, reply); break;
  case NameAnswerKind::nxdomain: deny(query.name, Rcode::nxdomain, reply); break;
  case NameAnswerKind::servfail: reply.rcode = Rcode::servfail; break;
  case NameAnswerKind::refused: reply.rcode = Rcode::refused; break;
  case NameAnswerKind::formerr: reply.rcode = Rcode::formerr; break;
  case NameAnswerKind::notimp: reply.rcode = Rcode::notimp; break;
  case NameAnswerKind::lame:
    refer(reply);
    is_code = false;
    break;
  case NameAnswerKind::silence:
  case NameAnswerKind::reset:
  case NameAnswerKind::garbage: is_code = false; break;
  }
  if (zone != nullptr) {
    const bool secure = answer.authenticated.value_or(zone->authenticated());
    const bool asked = query.dnssec_ok || query.authenticated_data;
    const bool known = reply.rcode == Rcode::noerror || reply.rcode == Rcode::nxdomain;
    reply.authenticated = secure && asked && known && is_code;
    apply(*zone, answer, reply);
  }
  outcome.event.answer = is_code ? to_string(reply.rcode) : to_string(answer.kind);
  if (answer.kind == NameAnswerKind::silence) return outcome;
  if (answer.kind == NameAnswerKind::reset) {
    outcome.reset = query.transport == scenario::Transport::tcp;
    return outcome;
  }
  if (answer.kind == NameAnswerKind::garbage) {
    outcome.bytes = compose_garbage(query);
    return outcome;
  }
  outcome.bytes = compose(query, reply);
  outcome.event.truncated = reply.truncated;
  if (!reply.truncated) outcome.records = to_text(reply.answer);
  return outcome;
}

/// Follows CNAMEs, from zone to zone; a rule is about the question, not about what it leads to.
void Responder::resolve(const Query& query, const NameRule* rule, Reply& reply) const {
  std::string name = query.name;
  const NameRule* instead = rule;
  for (int links = 0; links <= longest_chain; ++links, instead = nullptr) {
    const Zone* const zone = zone_of(name);
    if (zone == nullptr) {
      const auto host = std::find_if(hosts_.begin(), hosts_.end(),
                                     [&](const WireRecord& one) { return one.owner == name; });
      if (host != hosts_.end()) {
        if (!is_wanted(*host, query.type)) return deny(name, Rcode::noerror, reply);
        reply.answer.push_back(*host);
        return;
      }
      if (is_missing(name)) return deny(name, Rcode::nxdomain, reply);
      // Of what is not below .test nothing is known: the question is refused, the rest of a chain fails.
      reply.rcode = links == 0 ? Rcode::refused : Rcode::servfail;
      if (links != 0) reply.answer.clear();
      return;
    }
    const RecordList* const records = zone->records_at(name, instead);
    const WireRecord* const cname = records == nullptr ? nullptr : find_cname(*records);
    if (cname != nullptr && !is_wanted(*cname, query.type)) {
      reply.answer.push_back(*cname);
      name = cname->target;
      continue;
    }
    const std::size_t before = reply.answer.size();
    for (const WireRecord& record : records == nullptr ? RecordList() : *records)
      if (is_wanted(record, query.type)) reply.answer.push_back(record);
    const WireRecord& soa = zone->soa(name);
    if (soa.owner == name && is_wanted(soa, query.type)) reply.answer.push_back(soa);
    if (reply.answer.size() == before)
      deny(name, zone->exists(name, instead) ? Rcode::noerror : Rcode::nxdomain, reply);
    return;
  }
  // A loop, or a chain without end: resolvers give up.
  reply = Reply();
  reply.rcode = Rcode::servfail;
}

/// "There is none", and the SOA that says for how long that may be kept (RFC 2308).
void Responder::deny(std::string_view name, Rcode rcode, Reply& reply) const {
  reply.rcode = rcode;
  const Zone* const zone = zone_of(name);
  if (zone != nullptr)
    reply.authority.push_back(zone->soa(name));
  else
    reply.authority.push_back(make_soa(is_at_or_below(name, top) ? top : std::string_view(), 0));
}

} // namespace tempfail::dns
