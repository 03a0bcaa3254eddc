// What an earlier run left in the report directory.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace tempfail::cli {

/// Removes from the report directory the folders of cases that are not among these (names of scenarios), so that
/// folders and reports are of one run. Only what `tempfail test` made: a folder in cases/ with a message and the
/// command's output.
void remove_stale_cases(const std::filesystem::path& report_directory,
                        const std::set<std::string>& scenarios);

} // namespace tempfail::cli
