// A report with something of everything, hostile texts included.
#pragma once

#include "report/report.hpp"

namespace tempfail::report::test {

RunReport sample_report();

} // namespace tempfail::report::test
