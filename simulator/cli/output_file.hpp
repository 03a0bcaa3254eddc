// What a command prints, kept in a file that can't fill the disk: its beginning and its end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tempfail::cli {

/// The first megabyte goes into the file as it comes; of what follows the last 64 KB, when the file is
/// finished, behind a line that says how much was left out. Several processes may share one.
class OutputFile {
 public:
  static constexpr std::uint64_t head_limit = std::uint64_t{1} << 20U; ///< bytes
  static constexpr std::size_t tail_limit = std::size_t{64} << 10U;    ///< bytes

  /// Opens the file, which need not exist, to append. Throws std::system_error.
  explicit OutputFile(std::filesystem::path path);
  /// Finishes it.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view text);
  /// Writes the end of what was too long. Nothing is written after it.
  void finish();
  const std::filesystem::path& path() const { return path_; }

 private:
  void put(std::string_view text) const;

  std::filesystem::path path_;
  std::string tail_; ///< of what is beyond the limit, at most twice its own limit
  std::uint64_t room_ = head_limit;
  std::uint64_t beyond_ = 0; ///< bytes beyond the limit, those in the tail included
  int file_ = -1;
};

} // namespace tempfail::cli
