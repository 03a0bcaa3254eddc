// A server context that runs in the test's own thread, step by step.
#pragma once

#include "net/running_server.hpp"
#include "net/server_context.hpp"
#include "state/server_state.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace tempfail::test {

/// A server context with one port, and no thread: nothing happens but when a test says so.
struct Bench {
  Bench() {
    port.number = 1;
    port.scenario = scenario;
    port.program = session::make_program(scenario, {});
    port.state = &state;
  }
  std::shared_ptr<scenario::Scenario> scenario = std::make_shared<scenario::Scenario>();
  state::ServerState state{scenario, 1};
  boost::asio::io_context context{1};
  std::unique_ptr<net::Clock> clock = net::make_manual_clock();
  SharedRecorder journal;
  net::ServerContext server{context, *clock, journal, {}, [](const std::string&) {}};
  net::ServedPort port;
};

} // namespace tempfail::test
