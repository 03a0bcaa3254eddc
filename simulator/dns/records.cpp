// Records made and shown by ldns.
#include "dns/records.hpp"

#include "base/ascii.hpp"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace tempfail::dns {
namespace {

/// A text that ldns made.
std::string taken(char* text) {
  if (text == nullptr) return {};
  std::string copy(text);
  std::free(text); // NOLINT(cppcoreguidelines-no-malloc): ldns allocates with malloc
  return copy;
}

} // namespace

WireRecord make_record(std::string_view owner, scenario::RecordType type, const std::string& data,
                       std::uint32_t ttl) {
  const auto number = static_cast<ldns_rr_type>(type);
  const std::string text = dotted_name(owner) + " " + std::to_string(ttl) + " IN " +
                           taken(ldns_rr_type2str(number)) + " " + data;
  ldns_rr* made = nullptr;
  const ldns_status status = ldns_rr_new_frm_str(&made, text.c_str(), 0, nullptr, nullptr);
  if (status != LDNS_STATUS_OK)
    throw std::invalid_argument("`" + text + "`: " + ldns_get_errorstr_by_id(status));
  WireRecord record;
  record.type = static_cast<std::uint16_t>(type);
  record.owner = plain_name(owner);
  record.ttl = ttl;
  record.data = std::shared_ptr<const ldns_rr>(made, [](const ldns_rr* rr) {
    ldns_rr_free(const_cast<ldns_rr*>(rr)); // NOLINT(cppcoreguidelines-pro-type-const-cast)
  });
  if (type == scenario::RecordType::cname)
    record.target = plain_name(taken(ldns_rdf2str(ldns_rr_rdf(made, 0))));
  return record;
}

WireRecord make_soa(std::string_view domain, std::uint32_t ttl) {
  // Serial, refresh, retry, expire, and the time for which nothing is remembered (RFC 2308 section 4).
  return make_record(domain, scenario::RecordType::soa,
                     "ns.test. hostmaster.test. 1 3600 600 86400 " + std::to_string(ttl), ttl);
}

std::string to_text(const RecordList& records) {
  std::string text;
  for (const WireRecord& record : records) {
    if (!text.empty()) text += "; ";
    text += taken(ldns_rr_type2str(ldns_rr_get_type(record.data.get())));
    for (std::size_t i = 0; i < ldns_rr_rd_count(record.data.get()); ++i)
      text += " " + taken(ldns_rdf2str(ldns_rr_rdf(record.data.get(), i)));
  }
  return text;
}

std::string plain_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return base::lower(name);
}

std::string dotted_name(std::string_view name) {
  return std::string(name) + ".";
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || domain.empty() ||
         name[name.size() - domain.size() - 1] == '.';
}

} // namespace tempfail::dns
