// Queries off the wire and replies onto it (RFC 1035, RFC 6891), by ldns.
#pragma once

#include "dns/records.hpp"
#include "scenario/names.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::dns {

/// Codes of a reply.
enum class Rcode : std::uint8_t {
  noerror = 0,
  formerr = 1,
  servfail = 2,
  nxdomain = 3,
  notimp = 4,
  refused = 5,
  badvers = 16, ///< of EDNS (RFC 6891 section 6.1.3)
};
std::string_view to_string(Rcode rcode);

/// The longest reply over UDP where the client says nothing of it, and what this server never goes over there: as
/// others do, so that nothing is cut into fragments.
inline constexpr std::size_t plain_udp_size = 512;
inline constexpr std::size_t largest_udp_size = 1232;

/// What a client asks for.
struct Query {
  std::uint16_t id = 0;
  std::string name; ///< absolute, in lower case, without the dot at its end; empty: the root
  std::uint16_t type = 0;
  scenario::Transport transport{};
  std::string_view client; ///< address
  bool recursion_desired = false;
  bool authenticated_data =
      false; ///< AD: the client understands it in the reply (RFC 6840 section 5.7)
  bool checking_disabled = false;
  bool dnssec_ok = false; ///< DO of EDNS
  bool edns = false;
  std::size_t udp_size = plain_udp_size; ///< bytes that the client takes over UDP
  std::string wire_name;                 ///< as it came, so that it goes back letter by letter
  std::uint16_t wire_class = 1;
};

/// What came, as far as it could be read.
struct ParsedQuery {
  /// There is a header to answer to. What is no query, or too short for one, gets nothing.
  bool answerable = false;
  std::optional<Query> query;     ///< nothing: a header alone can be answered
  Rcode refusal = Rcode::noerror; ///< why it can't be asked for by anybody; noerror: it can
};
/// All is copied but `client`.
ParsedQuery parse_query(std::string_view bytes, scenario::Transport transport,
                        std::string_view client);

/// What a reply says.
struct Reply {
  Rcode rcode = Rcode::noerror;
  bool recursion_available = true;
  bool authenticated = false; ///< AD
  bool truncated = false;     ///< TC, and no records
  RecordList answer;
  RecordList authority;
  scenario::WrongPart wrong_part = scenario::WrongPart::nothing;
};
/// In bytes. What is too long for the client over UDP comes back truncated, as `reply` then says, too.
std::string compose(const Query& query, Reply& reply);
/// The reply to bytes that are no query that could be answered: a header alone, with the id they came with.
std::string compose_refusal(std::string_view bytes, Rcode rcode);
/// A header with the query's id that promises a record, and bytes that are none.
std::string compose_garbage(const Query& query);

/// "MX", "TYPE65"
std::string type_name(std::uint16_t type);

} // namespace tempfail::dns
