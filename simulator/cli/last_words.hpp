// What a sender's command said last: where nobody came, most often the reason.
#pragma once

#include "report/report.hpp"

#include <filesystem>

namespace tempfail::cli {

/// Adds the last line of the command's output to what the verdict says of nobody having come.
void add_last_words(verdict::CaseVerdict& verdict, const std::filesystem::path& output);

} // namespace tempfail::cli
