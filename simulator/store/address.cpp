// Reads and writes the address of a store.
#include "store/address.hpp"

#include <charconv>

namespace tempfail::store {
namespace {

constexpr std::string_view redis_scheme = "redis://";
constexpr std::string_view unix_scheme = "unix:";

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  return wrong == std::errc() && end == text.data() + text.size();
}

} // namespace

std::optional<Address> parse_address(std::string_view text) {
  Address address;
  if (text.starts_with(unix_scheme)) {
    address.path = text.substr(unix_scheme.size());
    if (address.path.empty()) return std::nullopt;
    return address;
  }
  if (!text.starts_with(redis_scheme)) return std::nullopt;
  text.remove_prefix(redis_scheme.size());
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view database = text.substr(slash + 1);
    if (!database.empty() && (!read_number(database, address.database) || address.database < 0))
      return std::nullopt;
    text = text.substr(0, slash);
  }
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && !text.ends_with(']');
  if (has_port && (!read_number(text.substr(colon + 1), address.port) || address.port == 0))
    return std::nullopt;
  text = text.substr(0, has_port ? colon : text.size());
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.empty() || text.find_first_of("@[]") != std::string_view::npos) return std::nullopt;
  address.host = text;
  return address;
}

std::string to_string(const Address& address) {
  if (address.host.empty()) return std::string(unix_scheme) + address.path;
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  std::string text(redis_scheme);
  text += is_ipv6 ? "[" + address.host + "]" : address.host;
  text += ":" + std::to_string(address.port);
  if (address.database != 0) text += "/" + std::to_string(address.database);
  return text;
}

} // namespace tempfail::store
