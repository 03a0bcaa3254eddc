// What a stalled session costs: the heap of a server that holds many clients who are never greeted, per
// session, everything included. Fails when it is over the goal.
#include "journal/writer.hpp"
#include "net/clock.hpp"
#include "net/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace tempfail;

constexpr double goal_bytes = 1536;

/// Counts, keeps nothing: the journal is not what is measured.
class NoRecorder final : public journal::Recorder {
 public:
  void record(const journal::Event&) override {}
  void flush() override {}
};

scenario::ScenarioPtr scenario_with(const char* name, scenario::Action action) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->name = name;
  scenario::Rule rule;
  rule.stages = {scenario::Stage::connect};
  rule.actions.push_back(std::move(action));
  scenario->server.rules.push_back(std::move(rule));
  return scenario;
}

std::size_t heap_in_use() {
  return ::mallinfo2().uordblks;
}

/// Connects `count` times and waits until its standard input ends.
[[noreturn]] void be_clients(std::uint16_t port, long count, int until_closed) {
  for (long i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      std::perror("memory_bench: connect");
      ::_exit(1);
    }
  }
  char byte = 0;
  if (::read(until_closed, &byte, 1) < 0) ::_exit(1);
  ::_exit(0);
}

/// Heap bytes per session once `count` clients of `scenario` wait.
double measure(const scenario::ScenarioPtr& scenario, long count) {
  boost::asio::io_context context{1};
  const auto clock = net::make_scaled_clock(context, 1.0);
  NoRecorder recorder;
  net::Server server(context, *clock, recorder, {}, [](const std::string&) {});
  const std::uint16_t port = server.serve(scenario, 0).port;
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) throw std::runtime_error("pipe");
  context.poll();
  const std::size_t before = heap_in_use();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    be_clients(port, count, ends[0]);
  }
  ::close(ends[0]);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (server.open_sessions("") < static_cast<std::uint64_t>(count)) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("clients did not come");
    context.run_one_for(std::chrono::milliseconds(100));
  }
  context.poll();
  const std::size_t after = heap_in_use();
  ::close(ends[1]);
  int status = 1;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("the clients failed");
  return static_cast<double>(after - before) / static_cast<double>(count);
}

} // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 10'000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  try {
    const double stalled = measure(scenario_with("stalled", scenario::action::Stall{}), count);
    const auto hour = std::chrono::hours(1);
    const double delayed =
        measure(scenario_with("delayed", scenario::action::Delay{hour, hour}), count);
    std::printf("heap bytes per session, %ld sessions before the greeting (goal %.0f)\n", count,
                goal_bytes);
    std::printf("stalled for ever   %6.0f\n", stalled);
    std::printf("greeted in an hour %6.0f\n", delayed);
    return std::max(stalled, delayed) <= goal_bytes ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "memory_bench: %s\n", problem.what());
    return 1;
  }
}
