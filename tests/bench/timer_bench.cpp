// Thousands of sessions stalled at once in one process, each to be greeted at a moment of its own: every
// greeting comes, none before it is due, and how late they come is printed. Fails for the first two alone.
#include "net/clock.hpp"
#include "net/server.hpp"
#include "stalled.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>

namespace {

using namespace tempfail;
using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int skipped = 77;
constexpr double scale = 60;         // protocol time runs so much faster
constexpr int ports = 20;            // a scenario each, with a delay of its own
constexpr double step_seconds = 0.1; // real, between the delays of neighbouring ports

/// The real delay of a port's greeting, when the first port's is `first`.
double delay_of(int port, double first) {
  return first + port * step_seconds;
}

struct Session {
  double due = 0; ///< seconds of the steady clock; the earliest moment that is allowed
  std::string said;
};

/// What the clients saw.
struct Outcome {
  long greeted = 0;
  long early = 0;
  double all_connected = 0; ///< seconds of the steady clock
  double first_due = 0;
  double p50 = 0, p90 = 0, p99 = 0, worst = 0; ///< lateness, seconds
};

double now() {
  return Seconds(Steady::now().time_since_epoch()).count();
}

/// The clients' process: connects, waits for all greetings, and writes an Outcome to `result`.
[[noreturn]] void be_clients(const std::vector<std::uint16_t>& to, long count, double first,
                             int result) {
  std::vector<Session> sessions(static_cast<std::size_t>(count));
  Outcome outcome;
  const int epoll = ::epoll_create1(0);
  for (long i = 0; i < count; ++i) {
    Session& session = sessions[static_cast<std::size_t>(i)];
    const int port = static_cast<int>(i % ports);
    session.due = now() + delay_of(port, first); // the server can't know of it before
    if (i == 0) outcome.first_due = session.due;
    const int fd = bench::connect_to(to[static_cast<std::size_t>(port)], i);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(i) << 32U | static_cast<std::uint32_t>(fd);
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) ::_exit(1);
  }
  outcome.all_connected = now();
  std::vector<double> lateness;
  epoll_event events[512];
  while (outcome.greeted < count) {
    const int ready = ::epoll_wait(epoll, events, 512, 120'000);
    if (ready <= 0) break; // those that are missing don't come any more
    const double moment = now();
    for (int i = 0; i < ready; ++i) {
      Session& session = sessions[events[i].data.u64 >> 32U];
      char buffer[256];
      const ssize_t size = ::recv(static_cast<int>(events[i].data.u64 & 0xffffffffU), buffer,
                                  sizeof buffer, MSG_DONTWAIT);
      if (size <= 0) ::_exit(1); // nobody was to be left
      const bool first_bytes = session.said.empty();
      session.said.append(buffer, static_cast<std::size_t>(size));
      if (first_bytes) {
        outcome.early += moment < session.due ? 1 : 0;
        lateness.push_back(moment - session.due);
      }
      if (session.said.starts_with("220 ") && session.said.ends_with("\r\n")) ++outcome.greeted;
    }
  }
  std::sort(lateness.begin(), lateness.end());
  const auto quantile = [&](double part) {
    return lateness[static_cast<std::size_t>(part * static_cast<double>(lateness.size() - 1))];
  };
  if (!lateness.empty()) {
    outcome.p50 = quantile(0.5);
    outcome.p90 = quantile(0.9);
    outcome.p99 = quantile(0.99);
    outcome.worst = lateness.back();
  }
  if (::write(result, &outcome, sizeof outcome) != sizeof outcome) ::_exit(1);
  ::_exit(0);
}

struct Run {
  Outcome outcome;
  std::uint64_t max_open_sessions = 0; ///< sessions at once
};

Run run(long count, double first) {
  boost::asio::io_context context{1};
  const auto clock = net::make_scaled_clock(context, scale);
  bench::NoRecorder recorder;
  net::Server server(context, *clock, recorder, {},
                     [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); });
  std::vector<std::uint16_t> to;
  for (int port = 0; port < ports; ++port) {
    const Duration delay(std::llround(delay_of(port, first) * scale * 1e6));
    const std::string name = "delay-" + std::to_string(port);
    to.push_back(
        server.serve(bench::scenario_with(name.c_str(), scenario::action::Delay{delay, delay}), 0)
            .port);
  }
  int result[2] = {-1, -1};
  if (::pipe(result) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(result[0]);
    be_clients(to, count, first, result[1]);
  }
  ::close(result[1]);
  Run run;
  pollfd poll{result[0], POLLIN, 0};
  while (::poll(&poll, 1, 0) == 0) {
    context.run_one_for(std::chrono::milliseconds(50));
    run.max_open_sessions = std::max(run.max_open_sessions, server.open_sessions(""));
  }
  const bool told = ::read(result[0], &run.outcome, sizeof run.outcome) == sizeof run.outcome;
  ::close(result[0]);
  int status = 1;
  ::waitpid(child, &status, 0);
  if (!told || status != 0) throw std::runtime_error("the clients failed");
  return run;
}

int measure(long count) {
  // They are to be stalled all at once: on a machine that takes longer to connect them, the delay grows.
  double first = 5;
  Run it = run(count, first);
  for (int tries = 0; tries < 4 && it.outcome.all_connected > it.outcome.first_due; ++tries)
    it = run(count, first *= 2);
  const Outcome& outcome = it.outcome;
  const bool at_once = it.max_open_sessions >= static_cast<std::uint64_t>(count);
  std::printf("%ld sessions, each greeted after %.1f to %.1f s: %llu at once, %ld greeted, %ld too "
              "early\n",
              count, first, delay_of(ports - 1, first),
              static_cast<unsigned long long>(it.max_open_sessions), outcome.greeted,
              outcome.early);
  std::printf(
      "lateness in ms, from the client's connect() on: half of them under %.1f, 90 %% under "
      "%.1f, 99 %% under %.1f, all under %.1f\n",
      outcome.p50 * 1e3, outcome.p90 * 1e3, outcome.p99 * 1e3, outcome.worst * 1e3);
  return at_once && outcome.greeted == count && outcome.early == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 19'000;
  const std::uint64_t limit = bench::raise_descriptor_limit();
  if (limit < static_cast<std::uint64_t>(count) + 100) {
    std::printf("skipped: %ld sessions need as many descriptors, and this process may have %llu\n",
                count, static_cast<unsigned long long>(limit));
    return skipped;
  }
  try {
    return measure(count);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "timer_bench: %s\n", problem.what());
    return 1;
  }
}
