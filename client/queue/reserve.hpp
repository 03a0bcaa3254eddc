// Room set aside on the disk, for the moment when it is full and the result of a delivery has to be
// kept.
#pragma once

#include <cstdint>
#include <filesystem>

namespace tempfail::client {

/// A file of a stated size beside the queue. While it is whole, mail may be taken in and tries may be begun; when the
/// disk is full it is given back to the file system, so that what has been delivered can be recorded as such.
class Reserve {
 public:
  /// Enough for the results of every try that can be under way at once: the log is taken over into the database
  /// before it has half that size (schema.cpp), and a result adds less than a page to that.
  static constexpr std::uint64_t size = std::uint64_t{1} << 20U;

  /// `folder` empty: a queue in memory, which needs none.
  explicit Reserve(std::filesystem::path folder);

  /// Makes the file whole if there is room for it. False: the disk is full, begin nothing.
  bool fill();
  /// Gives the room back.
  void release();
  /// Bytes that the file system has left beside it; as many as can be for a queue in memory, or where nobody knows.
  std::uint64_t free_room() const;

 private:
  std::filesystem::path path_;
};

} // namespace tempfail::client
