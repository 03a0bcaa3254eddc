// A report with something of everything, hostile texts included.
#pragma once

#include "verdict/report.hpp"

namespace tempfail::verdict::test {

RunReport sample_report();

} // namespace tempfail::verdict::test
