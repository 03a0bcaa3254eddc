// A session that does what the test says, in place of the real one: net is proved without a protocol.
#pragma once

#include "net/running_server.hpp"
#include "session/session.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace tempfail::test {

/// What the sessions of this test do. Set before a client connects; called on the server's thread.
struct Script {
  using Effects = session::Effects;

  std::function<void(Effects&)> start;
  /// Called for each whole line.
  std::function<void(std::string_view line, Effects&)> line;
  std::function<void(const session::TlsResult&, Effects&)> tls;
  std::function<void(Effects&)> idle;
};

Script& script();
/// Forgets it; first thing in every test.
void reset_script();

/// The settings with which each connection gets a scripted session.
net::ServerSettings scripted(net::ServerSettings settings = {});

/// A running server whose sessions are scripted.
class ScriptedServer : public RunningServer {
 public:
  explicit ScriptedServer(net::ServerSettings settings = {}, Time time = Time::real)
      : RunningServer(scripted(std::move(settings)), time) {}
};

/// A note that shows up in the journal.
void record(session::Effects& out, std::string_view text);

} // namespace tempfail::test
