// Reads a report back that write_json wrote, so that it can be compared with another one, or joined with it.
#pragma once

#include "report/report.hpp"

#include <stdexcept>
#include <string_view>

namespace tempfail::report {

/// Why a text can't be read as a report: "is not a report of tempfail: …".
struct BadReport : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The report as it was written: what its writer left out stays left out, and is counted as before. Keys that are not
/// known are passed over. Throws BadReport.
RunReport read_json(std::string_view text);

} // namespace tempfail::report
