// A report with something of everything, hostile texts included.
#pragma once

#include "report/report.hpp"

namespace tempfail::report::test {

RunReport sample_report();
/// The sample, and all that only some runs have: a summary, parts of a run, what was left out.
RunReport full_report();

} // namespace tempfail::report::test
