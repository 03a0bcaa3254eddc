// The thread on which all servers of a process run, and the way to it.
#pragma once

#include "control/servers.hpp"

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace tempfail::embed {

class Runtime {
 public:
  Runtime();
  /// Closes all servers and waits for their sessions, a second at most.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// The one that servers are made with now; it is there as long as somebody has it.
  static std::shared_ptr<Runtime> get();

  /// Calls it on the loop; what it returns or throws.
  template <typename Work>
  auto on_loop(Work work) -> std::invoke_result_t<Work> {
    std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
    auto result = task.get_future();
    post([&task] { task(); });
    return result.get();
  }

  /// Calls it on the loop with a function that takes the answer, now or later; the answer, or what it throws.
  template <typename Result, typename Work>
  Result answer_of(Work work) {
    auto promise = std::make_shared<std::promise<Result>>();
    auto result = promise->get_future();
    post([&work, promise] {
      try {
        work([promise](Result value) { promise->set_value(std::move(value)); });
      } catch (...) {
        promise->set_exception(std::current_exception());
      }
    });
    return result.get();
  }

  // To be used on the loop alone.
  control::Scenarios& scenarios();
  control::Servers& servers();

 private:
  void post(std::function<void()> work);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace tempfail::embed
