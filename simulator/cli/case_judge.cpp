// One strand for each case: its journal is read by one worker at a time.
#include "cli/case_judge.hpp"

#include "cli/journal_follower.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>

namespace tempfail::cli {

namespace asio = boost::asio;

struct CaseJudge::Bench {
  Bench(asio::io_context& the_loop, asio::thread_pool& workers, scenario::ScenarioPtr the_scenario,
        std::filesystem::path file)
      : loop(the_loop), strand(asio::make_strand(workers)), scenario(std::move(the_scenario)),
        journal(std::move(file)) {}

  asio::io_context& loop;
  asio::strand<asio::thread_pool::executor_type> strand;
  scenario::ScenarioPtr scenario;
  JournalFollower journal; ///< touched on the strand alone
};

namespace {

/// Calls `work` on the strand, and `answer` with its result on the loop.
template <typename Bench, typename Work, typename OnAnswer>
void ask(const std::shared_ptr<Bench>& bench, Work work, OnAnswer answer) {
  asio::post(bench->strand, [bench, work = std::move(work), answer = std::move(answer),
                             busy = asio::make_work_guard(bench->loop)]() mutable {
    auto result = work(*bench);
    asio::post(bench->loop, [answer = std::move(answer), result = std::move(result)]() mutable {
      answer(std::move(result));
    });
  });
}

} // namespace

CaseJudge::CaseJudge(asio::io_context& loop, asio::thread_pool& workers,
                     scenario::ScenarioPtr scenario, std::filesystem::path journal)
    : bench_(std::make_shared<Bench>(loop, workers, std::move(scenario), std::move(journal))) {}

CaseJudge::~CaseJudge() = default;

void CaseJudge::look(std::function<void(bool)> answer) {
  ask(
      bench_,
      [](Bench& bench) {
        try {
          return verdict::settled(*bench.scenario, bench.journal.read_on());
        } catch (const std::exception&) {
          return false; // the verdict says what is wrong
        }
      },
      std::move(answer));
}

void CaseJudge::judge(std::function<void(verdict::CaseVerdict)> answer) {
  ask(
      bench_,
      [](Bench& bench) {
        try {
          return verdict::judge(*bench.scenario, bench.journal.read_on());
        } catch (const std::exception& error) {
          verdict::CaseVerdict verdict;
          verdict.scenario = bench.scenario->name;
          verdict.family = bench.scenario->family;
          verdict.run_error = std::string("the journal could not be judged: ") + error.what();
          return verdict;
        }
      },
      std::move(answer));
}

} // namespace tempfail::cli
