// The estimate of a run. What an earlier one took says most; else the cases that have ended do.
#include "cli/estimate.hpp"

#include "cli/error.hpp"
#include "cli/read_file.hpp"
#include "cli/text.hpp"
#include "cli/watch_time.hpp"
#include "report/read.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tempfail::cli {

namespace {

using Seconds = Estimate::Seconds;

/// How long its command, or its queue, is watched at the longest.
Seconds longest_of(const scenario::Scenario& scenario, const TestOptions& options) {
  const Seconds watch(std::chrono::duration<double>(watch_time(scenario, options)).count() /
                      options.run.time_scale);
  if (options.queue) return std::max(watch, Seconds(shortest_watch));
  const Seconds command = std::max(watch, Seconds(shortest_command_time(scenario)));
  return options.timeout_seconds > 0 ? std::min(command, Seconds(options.timeout_seconds))
                                     : command;
}

/// What the cases of the last run took, where that was the same command, as fast.
std::map<std::string, double> last_run(const std::filesystem::path& file,
                                       const TestOptions& options) {
  std::map<std::string, double> seconds;
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return seconds;
  try {
    const report::RunReport last = report::read_json(read_file(file));
    if (last.command != shell_quoted(options.command) || last.time_scale != options.run.time_scale)
      return seconds;
    for (const report::CaseResult& result : last.cases)
      seconds.emplace(result.verdict.scenario, result.seconds);
  } catch (const report::BadReport&) { // it is replaced anyway
  } catch (const UsageError&) {
  }
  return seconds;
}

} // namespace

Estimate::Estimate(const std::vector<scenario::ScenarioPtr>& scenarios, const TestOptions& options,
                   const std::filesystem::path& report_directory, std::size_t jobs)
    : total_(scenarios.size()),
      jobs_(std::clamp<std::size_t>(jobs, 1, std::max<std::size_t>(total_, 1))) {
  Seconds longest{0};
  for (const scenario::ScenarioPtr& scenario : scenarios)
    longest = std::max(longest, longest_of(*scenario, options));
  longest_ = std::string(options.queue ? "each is watched until all results are known, for "
                                       : "each ends with its command, or after ") +
             approximate_text(longest) + " at the latest";
  const auto last = last_run(report_directory / "report.json", options);
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    const auto found = last.find(scenario->name);
    if (found == last.end()) continue;
    before_.insert(*found);
    before_seconds_ += found->second;
  }
  if (before_.size() == total_) return;
  before_.clear(); // a part says nothing of the whole
  before_seconds_ = 0;
}

std::string Estimate::at_start() const {
  std::string text = counted(total_, "scenario") + ", " + std::to_string(jobs_) + " at a time";
  if (!before_.empty())
    return text + "; about " +
           approximate_text(Seconds(before_seconds_ / static_cast<double>(jobs_))) +
           ", as the last run says";
  return text + "; " + longest_;
}

void Estimate::ended(const std::string& scenario) {
  ++ended_;
  before_.erase(scenario);
}

std::optional<Seconds> Estimate::left(Seconds passed) const {
  if (before_seconds_ > 0) {
    const double rest =
        std::accumulate(before_.begin(), before_.end(), 0.0,
                        [](double sum, const auto& one) { return sum + one.second; });
    return Seconds(rest / static_cast<double>(jobs_));
  }
  // The first to end say little: they may be the quick ones.
  if (ended_ < std::max<std::size_t>(2 * jobs_, 4) || ended_ >= total_) return std::nullopt;
  return passed / static_cast<double>(ended_) * static_cast<double>(total_ - ended_);
}

std::string approximate_text(Seconds time) {
  const auto seconds = static_cast<std::uint64_t>(std::ceil(std::max(time.count(), 0.0)));
  if (seconds < 100) return std::to_string(seconds) + "s";
  const std::uint64_t minutes = (seconds + 30) / 60;
  if (minutes < 100) return std::to_string(minutes) + "m";
  return std::to_string(minutes / 60) + "h " + std::to_string(minutes % 60) + "m";
}

} // namespace tempfail::cli
