// Queries written, and replies read, octet by octet: independent of the library that the name server uses.
#pragma once

#include "dns/responder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::test {

/// Types of the wire.
enum Type : std::uint16_t {
  A = 1,
  NS = 2,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  MX = 15,
  TXT = 16,
  AAAA = 28,
  OPT = 41,
  TLSA = 52,
  HTTPS = 65,
  ANY = 255,
};

/// What goes into a query.
struct Asked {
  std::string name;
  std::uint16_t type = A;
  std::uint16_t id = 0x1234;
  std::uint16_t flags = 0x0100; ///< RD
  std::uint16_t wire_class = 1;
  std::optional<std::uint16_t> edns = {}; ///< size
  bool dnssec_ok = false;
  std::uint8_t edns_version = 0;
  std::uint16_t questions = 1; ///< what the header claims
};
std::string packet_of(const Asked& asked);

/// A record of a reply. The data of MX, CNAME, NS, PTR, SOA is shown with its names, all else in hexadecimal digits.
struct Seen {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::string data;
};

/// A reply, read as far as it goes.
struct Told {
  bool well_formed = false;
  std::uint16_t id = 0;
  bool response = false, authoritative = false, truncated = false, recursion_desired = false;
  bool recursion_available = false, authenticated = false, checking_disabled = false;
  unsigned opcode = 0;
  unsigned rcode = 0;   ///< the extended one, where there is EDNS
  std::string question; ///< the name in its letters
  std::uint16_t question_type = 0;
  std::vector<Seen> answer, authority, additional; ///< OPT left out
  std::optional<std::uint16_t> edns;               ///< the server's size
  bool dnssec_ok = false;

  /// "10 mx1.a.test"
  std::vector<std::string> data() const;
};
Told told_by(std::string_view bytes);

/// A scenario with a zone, its hosts at 192.0.2.1, .2 and so on, and a responder that has it.
class Names {
 public:
  explicit Names(scenario::DnsSettings names, std::vector<std::string> hosts = {"mx"},
                 double scale = 1);
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  dns::QueryOutcome outcome(const Asked& asked, Moment now = {},
                            scenario::Transport over = scenario::Transport::udp);
  Told ask(const Asked& asked, Moment now = {},
           scenario::Transport over = scenario::Transport::udp);
  dns::Zone& zone() { return zone_; }

  dns::Responder responder;

 private:
  dns::Zone zone_;
};

/// "mx.a.test"
scenario::Record record(std::string owner, scenario::RecordType type, std::string data);
/// A rule for all queries of its zone.
scenario::NameRule rule(scenario::NameAnswerKind kind, int line = 7);

} // namespace tempfail::test
