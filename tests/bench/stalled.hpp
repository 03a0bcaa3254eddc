// What the benchmarks of stalled sessions share: scenarios of one rule, a journal that keeps nothing, and
// clients in a process of their own.
#pragma once

#include "journal/writer.hpp"
#include "scenario/model.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tempfail::bench {

/// Keeps nothing: the journal is not what is measured.
class NoRecorder final : public journal::Recorder {
 public:
  void record(const journal::Event&) override {}
  void flush() override {}
};

/// A scenario of one rule at the stage connect.
inline std::shared_ptr<scenario::Scenario> scenario_with(const char* name,
                                                         scenario::Action action) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->name = name;
  scenario::Rule rule;
  rule.stages = {scenario::Stage::connect};
  rule.actions.push_back(std::move(action));
  scenario->server.rules.push_back(std::move(rule));
  return scenario;
}

/// As many descriptors as this process may have; returns how many those are.
inline std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// A connected socket, from one of 200 addresses of the loopback interface: a pair of addresses has but
/// 28,000 ports. Ends the process when there is none.
inline int connect_to(std::uint16_t port, long number) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + static_cast<std::uint32_t>(number % 200));
  sockaddr_in server = address;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(port);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
    std::perror("client: connect");
    ::_exit(1);
  }
  return fd;
}

} // namespace tempfail::bench
