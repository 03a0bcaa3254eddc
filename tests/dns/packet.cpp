// DNS by hand.
#include "dns/packet.hpp"

#include <stdexcept>
#include <utility>

namespace tempfail::test {
namespace {

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xFFU);
}

/// Reads from the front; throws std::out_of_range at the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  unsigned byte() { return static_cast<unsigned char>(bytes_.at(at_++)); }
  unsigned number(int count) {
    unsigned value = 0;
    for (; count > 0; --count)
      value = value << 8U | byte();
    return value;
  }
  std::string name() {
    std::string text;
    std::size_t back = 0;
    for (int jumps = 0;;) {
      const unsigned length = byte();
      if (length == 0) break;
      if ((length & 0xC0U) == 0xC0U) {
        const std::size_t to = (length & 0x3FU) << 8U | byte();
        if (back == 0) back = at_;
        if (++jumps > 20) throw std::out_of_range("compression goes in circles");
        at_ = to;
        continue;
      }
      if (length > 63) throw std::out_of_range("no label");
      if (!text.empty()) text += '.';
      for (unsigned i = 0; i < length; ++i)
        text += static_cast<char>(byte());
    }
    if (back != 0) at_ = back;
    return text;
  }
  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

std::string data_of(Reader& reader, unsigned type, std::size_t length) {
  const std::size_t end = reader.at() + length;
  std::string text;
  if (type == MX) {
    text = std::to_string(reader.number(2)) + " ";
    text += reader.name();
  } else if (type == CNAME || type == NS || type == PTR) {
    text = reader.name();
  } else if (type == SOA) {
    text = reader.name() + " ";
    text += reader.name();
    for (int i = 0; i < 5; ++i)
      text += " " + std::to_string(reader.number(4));
  } else {
    while (reader.at() < end) {
      const unsigned byte = reader.byte();
      text += "0123456789abcdef"[byte >> 4U];
      text += "0123456789abcdef"[byte & 0xFU];
    }
  }
  if (reader.at() != end) throw std::out_of_range("the data's length is wrong");
  return text;
}

void read_records(Reader& reader, unsigned count, std::vector<Seen>& into, Told& told) {
  for (; count > 0; --count) {
    Seen seen;
    seen.owner = reader.name();
    seen.type = static_cast<std::uint16_t>(reader.number(2));
    const unsigned wire_class = reader.number(2);
    seen.ttl = reader.number(4);
    const unsigned length = reader.number(2);
    seen.data = data_of(reader, seen.type, length);
    if (seen.type == OPT) {
      told.edns = static_cast<std::uint16_t>(wire_class);
      told.rcode |= (seen.ttl >> 24U) << 4U;
      told.dnssec_ok = (seen.ttl & 0x8000U) != 0;
    } else {
      into.push_back(std::move(seen));
    }
  }
}

scenario::ScenarioPtr scenario_of(scenario::DnsSettings names) {
  auto made = std::make_shared<scenario::Scenario>();
  made->name = "a";
  if (names.domains.empty()) names.domains = {"a.test"};
  made->names = std::move(names);
  return made;
}

dns::ZoneSetting setting_of(scenario::DnsSettings names, const std::vector<std::string>& hosts,
                            double scale) {
  dns::ZoneSetting setting;
  setting.scenario = scenario_of(std::move(names));
  setting.scale = scale;
  setting.seed = 1;
  int number = 0;
  for (const std::string& host : hosts) {
    ++number;
    setting.hosts.push_back({host == "@" ? "a.test" : host + ".a.test",
                             {"192.0.2." + std::to_string(number)},
                             {"2001:db8::" + std::to_string(number)}});
  }
  return setting;
}

} // namespace

std::string packet_of(const Asked& asked) {
  std::string out;
  put16(out, asked.id);
  put16(out, asked.flags);
  put16(out, asked.questions);
  put16(out, 0);
  put16(out, 0);
  put16(out, asked.edns ? 1 : 0);
  std::string_view rest = asked.name;
  while (!rest.empty()) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
  }
  out += '\0';
  put16(out, asked.type);
  put16(out, asked.wire_class);
  if (asked.edns) {
    out += '\0';
    put16(out, OPT);
    put16(out, *asked.edns);
    put16(out, asked.edns_version);
    put16(out, asked.dnssec_ok ? 0x8000 : 0);
    put16(out, 0);
  }
  return out;
}

Told told_by(std::string_view bytes) {
  Told told;
  try {
    Reader reader(bytes);
    told.id = static_cast<std::uint16_t>(reader.number(2));
    const unsigned flags = reader.number(2);
    told.response = (flags & 0x8000U) != 0;
    told.opcode = flags >> 11U & 0xFU;
    told.authoritative = (flags & 0x0400U) != 0;
    told.truncated = (flags & 0x0200U) != 0;
    told.recursion_desired = (flags & 0x0100U) != 0;
    told.recursion_available = (flags & 0x0080U) != 0;
    told.authenticated = (flags & 0x0020U) != 0;
    told.checking_disabled = (flags & 0x0010U) != 0;
    told.rcode = flags & 0xFU;
    const unsigned questions = reader.number(2);
    const unsigned answers = reader.number(2);
    const unsigned authorities = reader.number(2);
    const unsigned additionals = reader.number(2);
    for (unsigned i = 0; i < questions; ++i) {
      told.question = reader.name();
      told.question_type = static_cast<std::uint16_t>(reader.number(2));
      reader.number(2);
    }
    read_records(reader, answers, told.answer, told);
    read_records(reader, authorities, told.authority, told);
    read_records(reader, additionals, told.additional, told);
    told.well_formed = reader.at_end();
  } catch (const std::out_of_range&) {
    told.well_formed = false;
  }
  return told;
}

std::vector<std::string> Told::data() const {
  std::vector<std::string> all;
  for (const Seen& seen : answer)
    all.push_back(seen.data);
  return all;
}

Names::Names(scenario::DnsSettings names, std::vector<std::string> hosts, double scale)
    : zone_(setting_of(std::move(names), hosts, scale)) {
  responder.add(zone_);
}

dns::QueryOutcome Names::outcome(const Asked& asked, Moment now, scenario::Transport over) {
  const std::string packet = packet_of(asked);
  return responder.answer(packet, dns::parse_query(packet, over, "127.0.0.1"), now);
}

Told Names::ask(const Asked& asked, Moment now, scenario::Transport over) {
  return told_by(outcome(asked, now, over).bytes);
}

scenario::Record record(std::string owner, scenario::RecordType type, std::string data) {
  return {std::move(owner), type, std::move(data), {}, std::nullopt};
}

scenario::NameRule rule(scenario::NameAnswerKind kind, int line) {
  scenario::NameRule made;
  made.answer.kind = kind;
  made.line = line;
  return made;
}

} // namespace tempfail::test
