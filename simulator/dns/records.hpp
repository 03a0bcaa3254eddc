// Records, ready for the wire. ldns keeps them; only this folder's .cpp files know it.
#pragma once

#include "scenario/names.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ldns_struct_rr;

namespace tempfail::dns {

/// One record. Cheap to copy: what it is never changes.
struct WireRecord {
  std::uint16_t type = 0;
  std::string owner;     ///< as in scenario::Record
  std::string target;    ///< of a CNAME: the name it stands for, as `owner`; else empty
  std::uint32_t ttl = 0; ///< real seconds
  std::shared_ptr<const ldns_struct_rr> data;
};
using RecordList = std::vector<WireRecord>;

/// Made of what a scenario has; `data` as master files write it. Throws std::invalid_argument when it can't be.
WireRecord make_record(std::string_view owner, scenario::RecordType type, const std::string& data,
                       std::uint32_t ttl);

/// The start of authority that says how long "there is none" may be kept.
WireRecord make_soa(std::string_view domain, std::uint32_t ttl);

/// "MX 10 mx1.a.test.; MX 20 mx2.a.test.", for people.
std::string to_text(const RecordList& records);

/// A name as it is compared: in lower case, without the dot at its end.
std::string plain_name(std::string_view name);
/// "mx1.a.test." of "mx1.a.test"; "." of the root.
std::string dotted_name(std::string_view name);
/// Whether `name` is `domain`, or below it.
bool is_at_or_below(std::string_view name, std::string_view domain);

} // namespace tempfail::dns
