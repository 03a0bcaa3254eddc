// Room set aside on the disk, for the moment when it is full and the result of a delivery has to be
// kept.
#pragma once

#include <filesystem>

namespace tempfail::client {

/// A file of a stated size beside the queue. While it is whole, tries may be begun; when the disk
/// is full it is given back to the file system, so that what has been delivered can be recorded as
/// such.
class Reserve {
 public:
  /// `folder` empty: a queue in memory, which needs none.
  explicit Reserve(std::filesystem::path folder);

  /// Makes the file whole if there is room for it. False: the disk is full, begin nothing.
  bool fill();
  /// Gives the room back.
  void release();

 private:
  std::filesystem::path path_;
  bool full_ = false;
};

} // namespace tempfail::client
