// Asks the system for a port on the first address, and tries it on the others.
#include "net/free_port.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <system_error>

namespace tempfail::net {

namespace {

using boost::asio::ip::tcp;

constexpr int max_tries = 50;

/// Binds them all; nothing: the port is taken on one of them.
std::uint16_t try_port(boost::asio::io_context& context,
                       const std::vector<std::string>& addresses) {
  std::vector<tcp::acceptor> held;
  std::uint16_t port = 0;
  for (const std::string& address : addresses) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(address, error);
    tcp::acceptor& acceptor = held.emplace_back(context);
    if (!error) acceptor.open(tcp::endpoint(parsed, port).protocol(), error);
    if (!error) acceptor.bind(tcp::endpoint(parsed, port), error);
    if (error.value() == EADDRINUSE && port != 0) return 0;
    if (error) throw std::system_error(error.value(), std::generic_category(), address);
    port = acceptor.local_endpoint().port();
  }
  return port;
}

} // namespace

std::uint16_t free_port(const std::vector<std::string>& addresses) {
  boost::asio::io_context context(1);
  for (int tries = 0; tries < max_tries; ++tries)
    if (const std::uint16_t port = try_port(context, addresses); port != 0) return port;
  throw std::system_error(EADDRINUSE, std::generic_category(), "no port is free on all addresses");
}

} // namespace tempfail::net
