// Address literals.
#include "client/net/address.hpp"

#include <boost/asio/ip/address.hpp>

namespace tempfail::client {

std::optional<Address> Address::parse(std::string_view literal) {
  if (literal.starts_with('[') && literal.ends_with(']')) {
    literal = literal.substr(1, literal.size() - 2);
    if (literal.starts_with("IPv6:")) {
      literal.remove_prefix(5);
    }
  }
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(literal), error);
  if (error) {
    return std::nullopt;
  }
  return Address{.ip = address.to_string(), .v6 = address.is_v6()};
}

std::string with_port(const Address& address, std::uint16_t port) {
  return (address.v6 ? '[' + address.ip + ']' : address.ip) + ':' + std::to_string(port);
}

} // namespace tempfail::client
