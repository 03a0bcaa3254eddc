// The last output of a sender's command: without a connection it usually gives the reason.
#pragma once

#include "report/report.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace tempfail::cli {

/// The last lines of a command's output that are not empty: at most `most`, long ones shortened.
std::vector<std::string> last_output_lines(const std::filesystem::path& output, std::size_t most);
/// Adds the last line of the command's output to the finding that no connection arrived.
void add_last_output_line(verdict::CaseVerdict& verdict, const std::filesystem::path& output);

} // namespace tempfail::cli
