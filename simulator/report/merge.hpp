// The reports of several machines that shared a run's scenarios (--shard), as one.
#pragma once

#include "report/report.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace tempfail::report {

/// A report, and where it came from, for complaints.
struct NamedReport {
  std::string name; ///< "shard-1/report.json"
  RunReport report;
};

/// Why reports are not parts of one run: they had other settings, a case is in two of them, or a part is missing.
struct CanNotMerge : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One report of all cases, by family and name. `parts` has one at least. With `incomplete` parts may be missing; the
/// report counts what they had as not known. Throws CanNotMerge.
RunReport merge(const std::vector<NamedReport>& parts, bool incomplete);

} // namespace tempfail::report
