// Where a program is, and why it can't be run.
#pragma once

#include <filesystem>
#include <string>

namespace tempfail::cli {

/// Where an executable is that a shell would find; empty when there is none.
std::filesystem::path find_program(const std::string& name);

/// Why find_program() found none, and what to do: "./mailer.py is not executable (chmod +x, or python3 ./mailer.py)".
std::string why_not_found(const std::string& name);

} // namespace tempfail::cli
