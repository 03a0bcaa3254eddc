// The names that lead to a scenario's hosts: records, and rules about what is answered instead of them.
#pragma once

#include "scenario/trigger.hpp"
#include "scenario/units.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// Types of records a zone may have; the numbers are those of the wire.
enum class RecordType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  tlsa = 52,
};

/// One record.
struct Record {
  std::string owner; ///< absolute, in lower case, without the dot at its end
  RecordType type{};
  std::string data; ///< as master files write it (RFC 1035 section 5.1), names absolute
  std::string host; ///< A and AAAA: the addresses of this host instead of `data`; empty: `data`
  std::optional<Duration> ttl; ///< none: that of the zone
};

/// In a record's data in place of a name: the sender's own host.
inline constexpr std::string_view sender_host_placeholder = "{sender-host}";
/// What it stands for where nobody says another name; in a lab this is the host's name.
inline constexpr std::string_view default_sender_host = "mail.sender.test";

/// How a query came.
enum class Transport : std::uint8_t { udp, tcp };
inline constexpr std::array<std::string_view, 2> transport_names = {"udp", "tcp"};
constexpr std::string_view to_string(Transport transport) {
  return transport_names[static_cast<std::size_t>(transport)];
}

/// What a query gets, in place of what the records say.
enum class NameAnswerKind : std::uint8_t {
  records,  ///< what the records say
  nodata,   ///< the name is there, and has no such record
  nxdomain, ///< the name is not there
  servfail,
  refused,
  formerr,
  notimp,
  silence, ///< nothing
  reset,   ///< TCP: the connection is reset; UDP: nothing
  lame,    ///< a referral to servers above, by one who does not recurse
  garbage, ///< a header that promises a record, and bytes that are none
};
inline constexpr std::array<std::string_view, 11> name_answer_kind_names = {
    "records", "nodata",  "nxdomain", "servfail", "refused", "formerr",
    "notimp",  "silence", "reset",    "lame",     "garbage"};
constexpr std::string_view to_string(NameAnswerKind kind) {
  return name_answer_kind_names[static_cast<std::size_t>(kind)];
}

/// What of an answer does not belong to its query, so that no resolver may take it.
enum class WrongPart : std::uint8_t { nothing, id, question };

/// An answer, with all that may be wrong with it.
struct NameAnswer {
  NameAnswerKind kind = NameAnswerKind::records;
  /// In place of what the zone has at these names; empty: the zone's own.
  std::vector<Record> records;
  std::optional<std::string> raw; ///< bytes that follow the query's id; nothing else is sent
  Duration delay{};               ///< REAL time: resolvers wait in it
  bool truncated = false;         ///< over UDP: TC, and no records
  WrongPart wrong_part = WrongPart::nothing;
  std::optional<bool>
      authenticated;           ///< AD, towards a client that asks for it; none: as the zone says
  std::optional<Duration> ttl; ///< of all records of the answer
};

/// Queries to answers. The first rule that fits a query, and fires, is the one that counts.
struct NameRule {
  std::vector<std::string> names;     ///< globs over absolute names; empty: any
  std::vector<std::uint16_t> types;   ///< empty: any
  std::optional<Transport> transport; ///< none: either
  Trigger trigger;                    ///< its times count queries
  NameAnswer answer;
  int line = 0; ///< in the scenario file: the rule's name in journals
};

/// What of the name server is a scenario's own.
struct DnsSettings {
  std::vector<std::string>
      domains; ///< absolute, in lower case, in A-labels; the first is where its recipients are
  /// The domains as recipients are given them: in U-labels where the file writes them so. Empty: like `domains`.
  std::vector<std::string> written;
  Duration ttl = std::chrono::minutes(5);
  bool authenticated = false; ///< as if signed and validated: AD, towards a client that asks for it
  /// What the sender's resolver appends to names, absolute and in lower case: its resolv.conf says so in a lab.
  std::vector<std::string> search;
  std::vector<Record> records;
  std::vector<NameRule> answers;
};

/// A silence that is a window lasts so long in real time at least: resolvers wait in real time, and try again.
inline constexpr std::chrono::seconds shortest_silent_window{15};

} // namespace tempfail::scenario
