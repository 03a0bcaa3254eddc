// Judges a case away from the loop that the servers run on: a long journal must not slow down the other cases.
#pragma once

#include "scenario/model.hpp"
#include "verdict/verdict.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
class thread_pool;
} // namespace boost::asio

namespace tempfail::cli {

/// Reads the case's journal on one of the workers, and answers on the loop, which runs on until it has.
class CaseJudge {
 public:
  /// `loop` and `workers` outlive what was asked for; `loop` outlives `workers`.
  CaseJudge(boost::asio::io_context& loop, boost::asio::thread_pool& workers,
            scenario::ScenarioPtr scenario, std::filesystem::path journal);
  ~CaseJudge();
  CaseJudge(const CaseJudge&) = delete;
  CaseJudge& operator=(const CaseJudge&) = delete;

  /// Whether nothing is left to wait for, by what is in the journal by then.
  void look(std::function<void(bool settled)> answer);
  /// The verdict. A journal that can't be read is the verdict's error.
  void judge(std::function<void(verdict::CaseVerdict)> answer);

 private:
  struct Bench;
  std::shared_ptr<Bench> bench_; ///< what the worker needs; it may outlive this
};

} // namespace tempfail::cli
