// --dns: whether, and where, the names of the scenarios are served; and where their hosts are then.
#pragma once

#include "net/server.hpp"
#include "scenario/model.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace boost::asio {
class io_context;
}
namespace tempfail::net {
class NameServer;
}

namespace tempfail::cli {

class StandardStream;
struct RunOptions;

/// The port that MX hosts are asked at, as nothing in the DNS can say another.
inline constexpr std::uint16_t mail_port = 25;

/// Where the name server listens.
struct ListenAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: the system chooses
};
/// The same of any address.
std::optional<ListenAddress> parse_listen_address(std::string_view text);
/// "53", "127.0.0.1:53", "[::1]:53"; nothing: it is none of these, or an address from which no answer would come back.
std::optional<ListenAddress> parse_dns(std::string_view text);

void add_dns_option(CLI::App& parser, RunOptions& options);
/// UsageError when a value makes no sense.
void check_dns(const RunOptions& options);

/// What the network between sender and hosts has, so that a scenario can be met.
struct NetworkFeatures {
  bool names = false;  ///< a name server leads to the hosts
  bool ipv6 = false;   ///< each host may have addresses of it
  bool router = false; ///< which can say that a host can't be reached
};
NetworkFeatures loopback_features(const RunOptions& options);

/// Leaves out, and says so on `err`, what can't be met in this network. Of a sender that is declared to look up no MX
/// those about names are judged without being run, and stay. UsageError when nothing is left.
std::vector<scenario::ScenarioPtr>
scenarios_for_network(std::vector<scenario::ScenarioPtr> scenarios, const NetworkFeatures& network,
                      const RunOptions& options, StandardStream& err);

/// The name server that --dns asks for; null: none is asked for. Throws CannotRun where its place can't be had.
std::unique_ptr<net::NameServer> open_name_server(boost::asio::io_context& context,
                                                  const RunOptions& options);

} // namespace tempfail::cli
