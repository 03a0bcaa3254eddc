// One process at a time may deliver from a queue.
#include "client/queue/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace tempfail::client {

std::unique_ptr<QueueLock> QueueLock::take(const std::filesystem::path& folder,
                                           std::string& holder) {
  const std::string path = folder / "lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), path);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) {
    // Who it is, for the one who is refused. Only a hint: the lock itself is the system's.
    const std::string text = std::to_string(::getpid()) + '\n';
    const bool written = ::ftruncate(file, 0) == 0 && ::pwrite(file, text.data(), text.size(), 0) ==
                                                          static_cast<ssize_t>(text.size());
    static_cast<void>(written);
    return std::unique_ptr<QueueLock>(new QueueLock(file));
  }
  const int error = errno;
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file, text.data(), text.size() - 1, 0);
  ::close(file);
  if (error != EWOULDBLOCK) throw std::system_error(error, std::generic_category(), path);
  holder = "another process";
  if (length > 1)
    holder = "process " + std::string(text.data(), static_cast<std::size_t>(length) - 1);
  return nullptr;
}

QueueLock::~QueueLock() {
  ::close(file_);
}

} // namespace tempfail::client
