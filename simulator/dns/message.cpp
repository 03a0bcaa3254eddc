// ldns reads what is well formed, and writes what has to be; headers of what is not are made by hand.
#include "dns/message.hpp"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace tempfail::dns {
namespace {

constexpr std::size_t header_size = 12;
constexpr unsigned response_bit = 0x80; ///< QR, of the third octet
constexpr unsigned opcode_bits = 0x78;
constexpr unsigned recursion_desired_bit = 0x01;
constexpr unsigned recursion_available_bit = 0x80; ///< of the fourth octet

struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;

unsigned octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

Packet parse(std::string_view bytes) {
  ldns_pkt* packet = nullptr;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (ldns_wire2pkt(&packet, data, bytes.size()) != LDNS_STATUS_OK) return nullptr;
  return Packet(packet);
}

std::string text_of(const ldns_rdf* name) {
  char* text = ldns_rdf2str(name);
  std::string copy(text != nullptr ? text : ".");
  std::free(text); // NOLINT(cppcoreguidelines-no-malloc): ldns allocates with malloc
  return copy;
}

/// Types that are no type of data, which nobody but a server of the zone could answer.
bool is_transfer(std::uint16_t type) {
  return type == LDNS_RR_TYPE_AXFR || type == LDNS_RR_TYPE_IXFR;
}

Rcode refusal_of(const ldns_pkt& packet, const Query& query) {
  if (query.type == LDNS_RR_TYPE_OPT || query.type == LDNS_RR_TYPE_TSIG) return Rcode::formerr;
  if (ldns_pkt_edns_version(&packet) != 0) return Rcode::badvers;
  if (query.wire_class != LDNS_RR_CLASS_IN || is_transfer(query.type)) return Rcode::refused;
  return Rcode::noerror;
}

/// The question of a reply: the client's own, or another one.
ldns_rr* question_of(const Query& query, scenario::WrongPart wrong_part) {
  ldns_rr* const question = ldns_rr_new();
  ldns_rr_set_question(question, true);
  ldns_rr_set_owner(question,
                    wrong_part == scenario::WrongPart::question
                        ? ldns_dname_new_frm_str("another.test.")
                        : ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, query.wire_name.size(),
                                                query.wire_name.data()));
  ldns_rr_set_type(question, static_cast<ldns_rr_type>(query.type));
  ldns_rr_set_class(question, static_cast<ldns_rr_class>(query.wire_class));
  return question;
}

void push(ldns_pkt& packet, ldns_pkt_section section, const RecordList& records) {
  for (const WireRecord& record : records) {
    ldns_rr* const copy = ldns_rr_clone(record.data.get());
    ldns_rr_set_ttl(copy, record.ttl);
    ldns_pkt_push_rr(&packet, section, copy);
  }
}

std::string to_wire(const ldns_pkt& packet) {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  std::string bytes;
  if (ldns_pkt2wire(&data, &packet, &size) == LDNS_STATUS_OK)
    bytes.assign(reinterpret_cast<const char*>(data), size);
  std::free(data); // NOLINT(cppcoreguidelines-no-malloc): ldns allocates with malloc
  return bytes;
}

std::string compose_once(const Query& query, const Reply& reply) {
  const Packet packet(ldns_pkt_new());
  const auto code = static_cast<unsigned>(reply.rcode);
  ldns_pkt_set_id(packet.get(), reply.wrong_part == scenario::WrongPart::id
                                    ? static_cast<std::uint16_t>(~query.id)
                                    : query.id);
  ldns_pkt_set_qr(packet.get(), true);
  ldns_pkt_set_opcode(packet.get(), LDNS_PACKET_QUERY);
  ldns_pkt_set_rd(packet.get(), query.recursion_desired);
  ldns_pkt_set_ra(packet.get(), reply.recursion_available);
  ldns_pkt_set_ad(packet.get(), reply.authenticated);
  ldns_pkt_set_cd(packet.get(), query.checking_disabled);
  ldns_pkt_set_tc(packet.get(), reply.truncated);
  ldns_pkt_set_rcode(packet.get(), static_cast<std::uint8_t>(code & 0xFU));
  ldns_pkt_push_rr(packet.get(), LDNS_SECTION_QUESTION, question_of(query, reply.wrong_part));
  if (!reply.truncated) {
    push(*packet, LDNS_SECTION_ANSWER, reply.answer);
    push(*packet, LDNS_SECTION_AUTHORITY, reply.authority);
  }
  if (query.edns) {
    ldns_pkt_set_edns_udp_size(packet.get(), largest_udp_size);
    ldns_pkt_set_edns_do(packet.get(), query.dnssec_ok);
    ldns_pkt_set_edns_extended_rcode(packet.get(), static_cast<std::uint8_t>(code >> 4U));
  }
  return to_wire(*packet);
}

} // namespace

std::string_view to_string(Rcode rcode) {
  switch (rcode) {
  case Rcode::noerror: return "noerror";
  case Rcode::formerr: return "formerr";
  case Rcode::servfail: return "servfail";
  case Rcode::nxdomain: return "nxdomain";
  case Rcode::notimp: return "notimp";
  case Rcode::refused: return "refused";
  case Rcode::badvers: return "badvers";
  }
  return "noerror";
}

ParsedQuery parse_query(std::string_view bytes, scenario::Transport transport,
                        std::string_view client) {
  ParsedQuery parsed;
  if (bytes.size() < header_size || (octet(bytes, 2) & response_bit) != 0) return parsed;
  parsed.answerable = true;
  if ((octet(bytes, 2) & opcode_bits) != 0) {
    parsed.refusal = Rcode::notimp;
    return parsed;
  }
  parsed.refusal = Rcode::formerr;
  const Packet packet = parse(bytes);
  if (!packet || ldns_pkt_qdcount(packet.get()) != 1) return parsed;
  const ldns_rr* const question = ldns_rr_list_rr(ldns_pkt_question(packet.get()), 0);
  if (question == nullptr) return parsed;
  const ldns_rdf* const name = ldns_rr_owner(question);
  Query query;
  query.id = ldns_pkt_id(packet.get());
  query.name = plain_name(text_of(name));
  query.type = static_cast<std::uint16_t>(ldns_rr_get_type(question));
  query.transport = transport;
  query.client = client;
  query.recursion_desired = ldns_pkt_rd(packet.get());
  query.authenticated_data = ldns_pkt_ad(packet.get());
  query.checking_disabled = ldns_pkt_cd(packet.get());
  query.edns = ldns_pkt_edns(packet.get());
  query.dnssec_ok = query.edns && ldns_pkt_edns_do(packet.get());
  if (query.edns)
    query.udp_size = std::clamp<std::size_t>(ldns_pkt_edns_udp_size(packet.get()), plain_udp_size,
                                             largest_udp_size);
  query.wire_name.assign(reinterpret_cast<const char*>(ldns_rdf_data(name)), ldns_rdf_size(name));
  query.wire_class = static_cast<std::uint16_t>(ldns_rr_get_class(question));
  parsed.refusal = refusal_of(*packet, query);
  parsed.query = std::move(query);
  return parsed;
}

std::string compose(const Query& query, Reply& reply) {
  if (query.transport == scenario::Transport::tcp) reply.truncated = false;
  std::string bytes = compose_once(query, reply);
  if (query.transport == scenario::Transport::udp && bytes.size() > query.udp_size) {
    reply.truncated = true;
    bytes = compose_once(query, reply);
  }
  return bytes;
}

std::string compose_refusal(std::string_view bytes, Rcode rcode) {
  std::string reply(header_size, '\0');
  reply[0] = bytes[0];
  reply[1] = bytes[1];
  const unsigned kept = octet(bytes, 2) & (opcode_bits | recursion_desired_bit);
  reply[2] = static_cast<char>(response_bit | kept);
  reply[3] = static_cast<char>(recursion_available_bit | static_cast<unsigned>(rcode));
  return reply;
}

std::string compose_garbage(const Query& query) {
  Query plain = query;
  plain.edns = false;
  Reply reply;
  std::string bytes = compose_once(plain, reply);
  bytes[7] = 1; // ANCOUNT
  // An owner whose compression points behind the end, and a length that is not there.
  bytes += "\xFF\xFF\x01\x02\x03\xFF\xFF\xFF\xFF\xFF";
  return bytes;
}

std::string type_name(std::uint16_t type) {
  char* text = ldns_rr_type2str(static_cast<ldns_rr_type>(type));
  std::string copy(text != nullptr ? text : "");
  std::free(text); // NOLINT(cppcoreguidelines-no-malloc): ldns allocates with malloc
  return copy;
}

} // namespace tempfail::dns
