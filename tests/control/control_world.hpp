// A loop, workers and the program's own scenarios, with servers under control on them: the test turns the loop itself.
#pragma once

#include "control/servers.hpp"
#include "net/raw_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace tempfail::test {

struct ControlWorld {
  explicit ControlWorld(control::Limits limits = {},
                        std::optional<control::PortRange> ports = std::nullopt)
      : surroundings{loop, workers, limits, "1.2.3"},
        scenarios(scenario::Catalogue::load({}), surroundings.limits),
        servers(surroundings, scenarios, net::ServerSettings(), ports) {}

  control::ManagedServerPtr make(const std::string& scenario, bool manual = true) {
    control::ServerRequest request;
    request.scenario = scenario;
    request.manual_clock = manual;
    return servers.create(request);
  }

  /// Turns the loop until it holds; throws at the deadline.
  void turn_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(100));
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the deadline");
    }
  }

  boost::asio::io_context loop{1};
  boost::asio::thread_pool workers{1};
  control::ControlContext surroundings;
  control::Scenarios scenarios;
  control::Servers servers;
};

inline std::uint16_t port_of(const control::ManagedServer& server) {
  return server.served().front().endpoint.port;
}

/// One message in one session, all of it with the kernel before the server looks at it.
inline void send_message(RawClient& client, const std::string& recipient = "b@b.test") {
  client.send("EHLO a.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<" + recipient +
              ">\r\nDATA\r\nSubject: x\r\n\r\ntext\r\n.\r\nQUIT\r\n");
}

} // namespace tempfail::test
