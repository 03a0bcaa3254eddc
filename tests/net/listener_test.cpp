// Listening: taken ports, bad addresses, and a process that is out of descriptors.
#include "net/raw_client.hpp"
#include "net/running_server.hpp"
#include "net/scripted_session.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <functional>
#include <iterator>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tempfail;
using namespace tempfail::test;

TEST_CASE("listener: a taken port is an error that says so, and nothing is started") {
  reset_script();
  ScriptedServer server;
  const std::uint16_t port = server.serve("first");
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->name = "second";
  std::error_code error;
  server.run([&](net::Server& it) {
    try {
      it.serve(scenario, port);
    } catch (const std::system_error& problem) {
      error = problem.code();
    }
    CHECK(it.open_sessions("second") == 0);
  });
  CHECK(error == std::errc::address_in_use);
}

TEST_CASE("listener: an address that is none, or none of ours") {
  reset_script();
  for (const char* address : {"no address", "203.0.113.1"}) {
    net::ServerSettings settings;
    settings.bind_address = address;
    ScriptedServer server(settings);
    CHECK_THROWS_AS(server.serve(), std::system_error);
  }
}

TEST_CASE("listener: IPv6 loopback") {
  reset_script();
  net::ServerSettings settings;
  settings.bind_address = "::1";
  ScriptedServer server(settings);
  CHECK(server.serve() != 0);
}

namespace {

/// Runs `body` in a child process, whose limits are its own; true when it returns true.
bool in_child(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool ok = false;
    try {
      ok = body();
    } catch (...) {
      ok = false;
    }
    ::_exit(ok ? 0 : 1);
  }
  int status = 1;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Fills the descriptors up with clients, sees the pause, frees some, sees the rest being served.
bool pause_and_resume() {
  reset_script();
  script().start = [](auto& out) { out.write("220 hello\r\n"); };
  ScriptedServer server;
  const std::uint16_t port = server.serve();
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(port);
    clients.back().read_line();
  }
  // While the server's thread is busy here, three more connect, and only one descriptor is left for them.
  std::vector<RawClient> late;
  bool limited = false;
  server.run([&](net::Server&) {
    for (int i = 0; i < 3; ++i)
      late.emplace_back(port);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    const rlim_t room = static_cast<rlim_t>(lowest_free) + 1;
    const rlimit limit{room, room};
    limited = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
  });
  if (!limited) return false;
  if (!server.journal().wait_for("accepting paused")) return false;
  clients.clear(); // the server's ends go, too
  for (RawClient& client : late)
    if (client.read_line() != "220 hello\r\n") return false;
  if (!server.journal().wait_for("accepting resumed")) return false;
  int paused = 0;
  for (const std::string& report : server.reports())
    if (report.find("paused") != std::string::npos) ++paused;
  return paused == 1;
}

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

/// A port that is to answer nothing needs three sockets, and there is room for two.
bool gives_back_what_it_opened() {
  reset_script();
  ScriptedServer server;
  scenario::Server silent;
  silent.listen.emplace().answer = scenario::ListenAnswer::silence;
  const std::ptrdiff_t before = open_descriptors();
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  const rlim_t room = static_cast<rlim_t>(lowest_free) + 2;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = room;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  std::error_code error;
  try {
    server.serve("silent", silent);
  } catch (const std::system_error& problem) {
    error = problem.code();
  }
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return error == std::errc::too_many_files_open && open_descriptors() == before;
}

} // namespace

TEST_CASE("listener: one that can't be made gives back the sockets it had opened") {
  CHECK(in_child(gives_back_what_it_opened));
}

TEST_CASE("listener: out of descriptors, accepting pauses, says so once, and resumes") {
  CHECK(in_child(pause_and_resume));
}
