// What the benchmarks of stalled sessions share: scenarios of one rule, a journal that keeps nothing, and
// clients in a process of their own.
#pragma once

#include "journal/recorder.hpp"
#include "loopback.hpp"
#include "scenario/model.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include <sys/resource.h>
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

/// A client's connection; ends the process, which is a child, when there is none.
inline int connect_to(std::uint16_t port, long number) {
  const int fd = connect_from_many(port, number);
  if (fd >= 0) return fd;
  std::perror("client: connect");
  ::_exit(1);
}

} // namespace tempfail::bench
