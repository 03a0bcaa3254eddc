// Whole files in and out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace tempfail::cli {

/// The file's content, of a longer one its first `most` bytes; a UsageError that says why when it can't be read.
std::string read_file(const std::filesystem::path& file, std::size_t most = std::string::npos);
/// CannotRun when the file can't be opened for writing. It is made when it is missing; what is in it stays.
void require_writable(const std::filesystem::path& file);
/// Writes the file, a new one or over the old; a CannotRun that says why when it can't.
void write_file(const std::filesystem::path& file, std::string_view text);
/// The same, but readers see the old file or the whole new one, never half of it.
void write_file_atomically(const std::filesystem::path& file, std::string_view text);

} // namespace tempfail::cli
