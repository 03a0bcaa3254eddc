// What a sender's command said last: where no connection came, most often the reason.
#pragma once

#include "report/report.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace tempfail::cli {

/// The last lines of a command's output that are not empty: at most `most`, each cut where it is long.
std::vector<std::string> last_lines(const std::filesystem::path& output, std::size_t most);
/// Adds the last line of the command's output to what the verdict says of no connection.
void add_last_words(verdict::CaseVerdict& verdict, const std::filesystem::path& output);

} // namespace tempfail::cli
