// Fuzzes the name server with packets, and, where the bytes are none, with a query that they are pressed into.
// Invariants:
// - Nothing is said to what is no query. Whatever is said is an answer, with the query's id.
// - Over UDP an answer is never longer than the client takes, over TCP never longer than its length can say.
// - What is silent says nothing; the journal has a name and an answer for each query.
#include "dns/responder.hpp"
#include "fuzz/targets.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace tempfail::fuzz {
namespace {

using scenario::NameAnswerKind;
using scenario::RecordType;
using scenario::Transport;

constexpr std::size_t header_size = 12;

scenario::Record record(std::string owner, RecordType type, std::string data) {
  return {std::move(owner), type, std::move(data), {}, std::nullopt};
}

/// A zone in which each type of record has an answer of its own.
scenario::ScenarioPtr make_scenario() {
  auto made = std::make_shared<scenario::Scenario>();
  made->name = "fuzz";
  scenario::DnsSettings& names = made->names.emplace();
  names.domains = {"fuzz.test"};
  names.records = {record("fuzz.test", RecordType::mx, "10 mx.fuzz.test."),
                   record("loop.fuzz.test", RecordType::cname, "loop.fuzz.test."),
                   record("away.fuzz.test", RecordType::cname, "a.example.")};
  for (int i = 0; i < 60; ++i)
    names.records.push_back(
        record("many.fuzz.test", RecordType::a, "192.0.2." + std::to_string(i)));
  std::uint16_t type = 100; // which nobody asks for but a fuzzer
  for (std::size_t kind = 0; kind < scenario::name_answer_kind_names.size(); ++kind) {
    scenario::NameRule rule;
    rule.types = {type++};
    rule.line = static_cast<int>(type);
    rule.answer.kind = static_cast<NameAnswerKind>(kind);
    rule.answer.wrong_part =
        kind % 2 == 0 ? scenario::WrongPart::question : scenario::WrongPart::nothing;
    names.answers.push_back(std::move(rule));
  }
  return made;
}

dns::ZoneSetting setting() {
  dns::ZoneSetting made;
  made.scenario = make_scenario();
  made.hosts = {{"mx.fuzz.test", {"192.0.2.1"}, {"2001:db8::1"}}};
  return made;
}

/// A query that is right but for what the bytes make of it: type, name, flags.
std::string pressed(std::string_view input) {
  const auto type = static_cast<char>(take_byte(input) % 120);
  std::string packet("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", header_size);
  constexpr std::array<std::string_view, 5> hosts = {"\x02mx", "\x04loop",
                                                     "\x04"
                                                     "away",
                                                     "\x04many", ""};
  packet += hosts[take_byte(input) % hosts.size()];
  const std::string_view label = input.substr(0, 40);
  if (!label.empty()) packet += static_cast<char>(label.size());
  packet += label;
  packet += "\x04"
            "fuzz\x04test";
  packet += '\0';
  packet += '\0';
  packet += type;
  packet += '\0';
  packet += '\x01';
  return packet;
}

void ask(std::string_view packet, Transport over) {
  static dns::Zone zone(setting()); // it counts nothing, so that one call is like another
  static dns::Responder responder;
  if (responder.zone_of("fuzz.test") == nullptr) responder.add(zone);
  const dns::ParsedQuery parsed = dns::parse_query(packet, over, "127.0.0.1");
  for (int i = 0; i < 2; ++i) {
    dns::QueryOutcome outcome = responder.answer(packet, parsed, Moment(i));
    const std::string& bytes = outcome.bytes;
    const journal::event::Query& event = outcome.query_event();
    require(!event.answer.empty(), "the journal says what was said");
    require(parsed.answerable || bytes.empty(), "nothing is said to what is no query");
    require(!parsed.answerable || !event.name.empty(), "the journal says what was asked for");
    require(event.answer != "silence" || bytes.empty(), "a silence is one");
    require(!outcome.reset || over == Transport::tcp, "only a connection is reset");
    if (bytes.empty()) continue;
    require(bytes.size() >= header_size && packet.size() >= header_size, "there are headers");
    require(bytes.substr(0, 2) == packet.substr(0, 2), "an answer has its query's id");
    require((static_cast<unsigned char>(bytes[2]) & 0x80U) != 0, "an answer is marked as one");
    const std::size_t limit = parsed.query ? parsed.query->udp_size : dns::plain_udp_size;
    require(bytes.size() <= (over == Transport::udp ? limit : 65535U), "an answer fits");
  }
}

} // namespace

void fuzz_names(std::string_view input) {
  ask(input, Transport::udp);
  ask(input, Transport::tcp);
  const std::string packet = pressed(input);
  ask(packet, Transport::udp);
  ask(packet, Transport::tcp);
}

} // namespace tempfail::fuzz
