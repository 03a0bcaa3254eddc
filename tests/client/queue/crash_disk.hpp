// A disk that loses, at a power cut, what was not synchronised: a file system for SQLite between it and the real one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace tempfail::client {

/// While it lives, every file SQLite opens is on this disk. What is written goes to the real files at once, so that
/// everything reads it; but the disk remembers what each file was like when it was last synchronised.
class CrashDisk {
 public:
  CrashDisk();
  ~CrashDisk();
  CrashDisk(const CrashDisk&) = delete;
  CrashDisk& operator=(const CrashDisk&) = delete;

  /// Writes, cuts and synchronisations so far: the moments to choose from.
  static std::uint64_t operations();
  /// From this operation on nothing reaches the disk any more: the power is off.
  static void cut_at(std::uint64_t operation);
  static bool is_cut();

  /// What the disk holds after the cut, put into `folder`: each file as last synchronised, and of what was written
  /// since then an arbitrary part, chosen by `seed`: whole writes, half ones, or none.
  static void restore_into(const std::filesystem::path& folder, std::uint64_t seed);
};

} // namespace tempfail::client
