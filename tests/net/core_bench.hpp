// A core that runs in the test's own thread, step by step.
#pragma once

#include "net/core.hpp"
#include "net/running_server.hpp"
#include "state/server_state.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace tempfail::test {

/// A core with one service, and no thread: nothing happens but when a test says so.
struct Bench {
  Bench() {
    service.number = 1;
    service.scenario = scenario;
    service.program = session::make_program(scenario, {});
    service.state = &state;
  }
  std::shared_ptr<scenario::Scenario> scenario = std::make_shared<scenario::Scenario>();
  state::ServerState state{scenario, 1};
  boost::asio::io_context context{1};
  std::unique_ptr<net::Clock> clock = net::make_manual_clock();
  SharedRecorder journal;
  net::Core core{context, *clock, journal, {}, [](const std::string&) {}};
  net::Service service;
};

} // namespace tempfail::test
