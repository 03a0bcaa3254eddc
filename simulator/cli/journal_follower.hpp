// Reads a journal's file while it grows.
#pragma once

#include "journal/reader.hpp"

#include <filesystem>
#include <string>

namespace tempfail::cli {

class JournalFollower {
 public:
  explicit JournalFollower(std::filesystem::path file) : file_(std::move(file)) {}
  ~JournalFollower();
  JournalFollower(const JournalFollower&) = delete;
  JournalFollower& operator=(const JournalFollower&) = delete;

  /// All that was written so far; a line that is not yet whole comes with a later call. Where the file was moved away
  /// and another one follows, it reads on there. Throws std::system_error when the file can't be read.
  const journal::Journal& read_on();

 private:
  void read_to_end();
  bool is_replaced() const;
  [[noreturn]] void fail() const;

  std::filesystem::path file_;
  int fd_ = -1;      ///< open from the first call on
  std::string rest_; ///< the beginning of a line
  journal::Journal journal_;
};

} // namespace tempfail::cli
