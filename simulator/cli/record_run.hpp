// The first event of a journal, where protocol time did not begin with its program.
#pragma once

#include "cli/run_options.hpp"
#include "journal/recorder.hpp"

#include <chrono>
#include <cstdint>

namespace tempfail::cli {

/// As record_run() in run_options.hpp; `started_unix_us`: when protocol time began, by some clock of the day,
/// known to within `error` (REAL time).
void record_run_since(journal::Recorder& recorder, const RunOptions& options, double time_scale,
                      std::int64_t started_unix_us, std::chrono::microseconds error = {});

} // namespace tempfail::cli
