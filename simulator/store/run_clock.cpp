// The run's start on this machine's clock, from answers of the store.
#include "store/run.hpp"

namespace tempfail::store {

void RunClock::told(std::int64_t unix_us, std::chrono::steady_clock::time_point asked,
                    std::chrono::steady_clock::time_point answered) {
  const auto half = (answered - asked) / 2;
  const auto error = std::chrono::ceil<std::chrono::microseconds>(half);
  if (error_ && error >= *error_) return;
  error_ = error;
  start_ = asked + half - std::chrono::microseconds(unix_us - started_unix_us);
}

} // namespace tempfail::store
