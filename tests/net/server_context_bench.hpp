// A server context that runs in the test's own thread, step by step.
#pragma once

#include "net/running_server.hpp"
#include "net/server_context.hpp"
#include "state/memory_store.hpp"
#include "state/server_state.hpp"
#include "state/stores.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <utility>

namespace tempfail::test {

/// A server context with one port, and no thread: nothing happens but when a test says so.
struct Bench {
  /// With a store of the test's own, if any; `store` is of `settings.stores`.
  explicit Bench(const net::ServerSettings& settings = {},
                 std::unique_ptr<state::Store> store = nullptr)
      : state(scenario, 1,
              store ? std::move(store) : std::make_unique<state::MemoryStore>(scenario)),
        server(context, *clock, journal, settings, [](const std::string&) {}) {
    port.number = 1;
    port.scenario = scenario;
    port.prepared = session::prepare_scenario(scenario, {});
    port.state = &state;
  }
  /// Runs what there is to run.
  void poll() {
    context.restart();
    context.poll();
  }
  std::shared_ptr<scenario::Scenario> scenario = std::make_shared<scenario::Scenario>();
  state::ServerState state;
  boost::asio::io_context context{1};
  std::unique_ptr<net::Clock> clock = net::make_manual_clock();
  SharedRecorder journal;
  net::ServerContext server;
  net::ServedPort port;
};

} // namespace tempfail::test
