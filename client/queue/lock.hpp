// One process at a time may deliver from a queue.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace tempfail::client {

/// Held while this object lives; the system lets go of it when the process ends, however that comes
/// about.
class QueueLock {
 public:
  /// The lock of the queue in `folder`, or nothing and in `holder` who has it ("process 4711").
  static std::unique_ptr<QueueLock> take(const std::filesystem::path& folder, std::string& holder);
  QueueLock(const QueueLock&) = delete;
  QueueLock& operator=(const QueueLock&) = delete;
  ~QueueLock();

 private:
  explicit QueueLock(int file) : file_(file) {}
  int file_;
};

} // namespace tempfail::client
