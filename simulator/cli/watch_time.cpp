// Watch times: what is said on the command line, or what the scenario needs to be decided.
#include "cli/watch_time.hpp"

#include "cli/case_plan.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>

namespace tempfail::cli {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds usual_command{10000};
/// A look-up that the name server never answers takes so long in real time at most.
constexpr milliseconds longest_look_up{60'000};
/// A queue that has delivered a message and forgotten that it did sends it again with its next run, or the one after
/// that: they are an hour apart at most.
constexpr Duration second_copy_watch = std::chrono::hours(2);
/// How much longer than its lifetime a message is watched that can't be delivered: its last try may come a pause late,
/// and that nothing more comes takes twice that.
constexpr Duration give_up_watch = std::chrono::hours(24);
/// A sender that is to deliver is not ended earlier: the schedules that guides give go on for so long.
constexpr Duration delivery_watch = std::chrono::hours(25);

} // namespace

milliseconds shortest_command_time(const scenario::Scenario& scenario) {
  return usual_command + (has_silent_names(scenario) ? longest_look_up : milliseconds(0));
}

Duration watch_time(const scenario::Scenario& scenario, const TestOptions& options) {
  if (!options.watch.empty()) return *scenario::parse_duration(options.watch);
  const auto& expected = scenario.expected(options.run.policy());
  const bool asks = std::any_of(expected.begin(), expected.end(),
                                [](const auto& one) { return one.name == "gives-up"; });
  const auto lifetime = scenario::parse_duration(options.run.queue_lifetime);
  if (!asks || !lifetime)
    return verdict::is_open_ended(scenario, options.run.policy())
               ? scenario.test.watch
               : std::max(scenario.test.watch, delivery_watch);
  const Duration look_up = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(longest_look_up) * options.run.time_scale);
  return std::max(scenario.test.watch,
                  *lifetime + give_up_watch + (has_silent_names(scenario) ? look_up : Duration()));
}

std::optional<Duration> settle_time(const TestOptions& options) {
  if (!options.settle_time.empty()) return scenario::parse_duration(options.settle_time);
  if (!options.watch.empty()) return std::nullopt;
  return second_copy_watch;
}

} // namespace tempfail::cli
