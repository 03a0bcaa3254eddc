// Answers queries as the sender's recursive resolver would: of the zones it has been given, and of nothing else.
#pragma once

#include "dns/zone.hpp"
#include "journal/event.hpp"

#include <map>
#include <string>
#include <string_view>

namespace tempfail::dns {

/// What becomes of a query.
struct QueryOutcome {
  std::string bytes;  ///< to be sent; empty: nothing is
  Duration wait{};    ///< REAL time before that
  bool reset = false; ///< the connection is reset (TCP)
  /// What the journal says, for the moment at which it is done; its texts are here.
  journal::event::Query event;
  std::string name;
  std::string type;
  std::string records;
  std::string other_faults;

  /// The event, with views of these texts.
  journal::event::Query& query_event();
};

/// Not thread-safe; the zones outlive it, or are removed first.
class Responder {
 public:
  /// Throws std::invalid_argument when a domain is another zone's.
  void add(Zone& zone);
  void remove(Zone& zone);
  /// A name that is there with one address of IPv4, and that no zone is about; in place of the address it had. A zone's
  /// own names come first.
  void set_host(std::string_view name, const std::string& address);
  /// Whether there was such a name.
  bool remove_host(std::string_view name);

  /// The zone that a name is in; null: nobody's.
  Zone* zone_of(std::string_view name) const;
  /// The answer to what came at `now`, by the clock of the zone whose name is asked for.
  QueryOutcome answer(std::string_view bytes, const ParsedQuery& parsed, Moment now) const;

 private:
  QueryOutcome answer_query(const Query& query, Moment now) const;
  void resolve(const Query& query, const scenario::NameRule* rule, Reply& reply) const;
  void deny(std::string_view name, Rcode rcode, Reply& reply) const;

  std::map<std::string, Zone*, std::less<>> zones_; ///< by domain
  RecordList hosts_;                                ///< addresses of names that are in no zone
};

} // namespace tempfail::dns
