// Reads a journal's file while it grows.
#pragma once

#include "journal/reader.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tempfail::cli {

class JournalFollower {
 public:
  explicit JournalFollower(std::filesystem::path file) : file_(std::move(file)) {}

  /// All that was written so far; a line that is not yet whole comes with a later call. Throws std::system_error when
  /// the file can't be read.
  const journal::Journal& read_on();

 private:
  std::filesystem::path file_;
  std::uint64_t position_ = 0; ///< bytes that were read
  std::string rest_;           ///< the beginning of a line
  journal::Journal journal_;
};

} // namespace tempfail::cli
