// Starts cases, a few at a time, and collects their verdicts. One thread, one io_context.
#include "cli/test_run.hpp"

#include "cli/case_run.hpp"
#include "cli/dns_options.hpp"
#include "cli/error.hpp"
#include "cli/port_error.hpp"
#include "net/name_server.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <exception>
#include <numeric>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace tempfail::cli {

namespace {

namespace asio = boost::asio;

class TestRun {
 public:
  TestRun(const std::vector<scenario::ScenarioPtr>& scenarios, const TestOptions& options,
          const ExpectedFailures& expected_failures, const std::filesystem::path& directory,
          Progress& progress)
      : scenarios_(scenarios), options_(options), expected_(expected_failures),
        directory_(directory), progress_(progress), context_(1),
        workers_(std::max(1U, std::thread::hardware_concurrency())),
        signals_(context_, SIGINT, SIGTERM), order_(order_of(scenarios)), cases_(scenarios.size()),
        results_(scenarios.size()) {
    signals_.add(SIGHUP);
    if (options.lab) in_lab_ = places_in_lab(scenarios, options.run);
  }

  TestOutcome run() {
    make_name_server();
    wait_for_signal();
    asio::post(context_, [this] { start_more(); });
    context_.run();
    TestOutcome outcome;
    for (auto& result : results_)
      if (result) outcome.cases.push_back(std::move(*result));
    outcome.claimed_success = claimed_success_;
    outcome.signal = signal_;
    outcome.sender_never_connected = std::move(nobody_came_);
    return outcome;
  }

 private:
  static bool shows_that_the_sender_works(const scenario::Scenario& scenario) {
    return scenario.name == report::scenario_without_failure;
  }

  /// The scenario without a failure begins, for without a sender that works the others say nothing. Then what may take
  /// longest, so that nothing long is left over at the end.
  static std::vector<std::size_t> order_of(const std::vector<scenario::ScenarioPtr>& scenarios) {
    std::vector<std::size_t> order(scenarios.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto rank = [&](std::size_t index) {
      const scenario::Scenario& scenario = *scenarios[index];
      return std::pair(!shows_that_the_sender_works(scenario), -scenario.test.watch);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    return order;
  }

  /// Whether the others wait until the sender has connected in this case. Who expects it to fail there knows better.
  bool is_waited_for(std::size_t index) const {
    const scenario::Scenario& scenario = *scenarios_[index];
    return !options_.keep_going && shows_that_the_sender_works(scenario) && scenarios_.size() > 1 &&
           expected_.of(scenario.name).empty();
  }

  /// One at a time: the cases that run already are not to wait until the last one has begun.
  void start_more() {
    const bool may_start = signal_ == 0 && !nobody_came_ && !first_is_awaited_;
    if (may_start && next_ < scenarios_.size() && running_ < jobs_of(options_)) {
      const std::size_t index = order_[next_++];
      ++running_;
      first_is_awaited_ = is_waited_for(index);
      progress_.started(scenarios_[index]->name);
      cases_[index] = std::make_unique<CaseRun>(
          context_, workers_, scenarios_[index], options_, names_of(index), directory_,
          [this, index](CaseEnd end) { ended(index, std::move(end)); });
      start(index);
      asio::post(context_, [this] { start_more(); });
    }
    if (running_ == 0) run_dry();
  }

  CaseNetwork names_of(std::size_t index) const {
    CaseNetwork names{names_.get(), index + 1, std::nullopt};
    if (options_.lab) names.lab = in_lab_[index];
    return names;
  }

  /// Nothing is left that the context would wait for.
  void run_dry() {
    signals_.cancel();
    if (names_) names_->stop();
  }

  /// One name server for all cases: a sender's resolver is set up once.
  void make_name_server() { names_ = open_name_server(context_, options_.run); }

  /// What keeps one case from running is said of that case, and the others run.
  void start(std::size_t index) {
    const auto cannot_run = [this, index](const std::exception& error) {
      CaseEnd end;
      end.result.verdict.scenario = scenarios_[index]->name;
      end.result.verdict.family = scenarios_[index]->family;
      end.result.verdict.run_error = error.what();
      ended(index, std::move(end));
    };
    try {
      cases_[index]->start(first_is_awaited_ ? [this] { sender_came(); } : std::function<void()>());
    } catch (const CannotRun& error) {
      cannot_run(error);
    } catch (const std::system_error& error) { // a full disk, for one
      cannot_run(error);
    }
  }

  /// The sender works: the other cases may begin.
  void sender_came() {
    first_is_awaited_ = false;
    asio::post(context_, [this] { start_more(); });
  }

  void ended(std::size_t index, CaseEnd end) {
    --running_;
    if (std::exchange(first_is_awaited_, false) && end.sender_never_connected && !end.aborted)
      nobody_came_ = FirstCase{end.command, end.result.output_file};
    if (!end.aborted) {
      end.result.expected = expected_.of(scenarios_[index]->name);
      progress_.ended(scenarios_[index]->name,
                      report::status_of(end.result, options_.report.strict), end.result.seconds);
      claimed_success_ = claimed_success_ || end.claimed_success;
      results_[index] = std::move(end.result);
    }
    // The case is on the stack: it is destroyed from the loop.
    asio::post(context_, [this, index] {
      cases_[index].reset();
      start_more();
    });
  }

  void wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
      if (error) return;
      if (signal_ != 0) { // asked twice: destructors kill what is left
        context_.stop();
        return;
      }
      signal_ = number;
      progress_.say("ending " + std::to_string(running_) + " running case(s)");
      wait_for_signal();
      for (const auto& one : cases_)
        if (one) one->abort();
      if (running_ == 0) run_dry();
    });
  }

  const std::vector<scenario::ScenarioPtr>& scenarios_;
  const TestOptions& options_;
  const ExpectedFailures& expected_;
  const std::filesystem::path& directory_;
  Progress& progress_;
  asio::io_context context_;
  asio::thread_pool workers_; ///< judge
  asio::signal_set signals_;
  std::unique_ptr<net::NameServer> names_; ///< null: names are not served
  std::vector<LabScenario> in_lab_;        ///< where scenarios_ are; empty: there is no lab
  std::vector<std::size_t> order_;         ///< in which the cases begin: indices into scenarios_
  std::vector<std::unique_ptr<CaseRun>> cases_;
  std::vector<std::optional<report::CaseResult>> results_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  bool first_is_awaited_ = false; ///< the case that runs shows whether the sender works at all
  std::optional<FirstCase> nobody_came_;
  bool claimed_success_ = false;
  int signal_ = 0;
};

} // namespace

std::size_t jobs_of(const TestOptions& options) {
  if (options.jobs != 0) return options.jobs;
  constexpr unsigned queues_per_core = 4; // they wait most of the time
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  return options.queue ? queues_per_core * cores : cores;
}

TestOutcome run_cases(const std::vector<scenario::ScenarioPtr>& scenarios,
                      const TestOptions& options, const ExpectedFailures& expected_failures,
                      const std::filesystem::path& report_directory, Progress& progress) {
  TestRun run(scenarios, options, expected_failures, report_directory, progress);
  return run.run();
}

} // namespace tempfail::cli
