// Room set aside on the disk.
#include "client/queue/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <limits>
#include <utility>

namespace tempfail::client {
Reserve::Reserve(std::filesystem::path folder)
    : path_(folder.empty() ? folder : std::move(folder) / "reserve") {}

bool Reserve::fill() {
  if (path_.empty()) return true;
  struct stat status {};
  // Looked at each time: another process may have given it back.
  if (::stat(path_.c_str(), &status) == 0 && status.st_size >= static_cast<off_t>(size))
    return true;
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  // Blocks, not only a length: a sparse file reserves nothing.
  const bool full = ::posix_fallocate(file, 0, static_cast<off_t>(size)) == 0;
  ::close(file);
  if (!full) ::unlink(path_.c_str());
  return full;
}

void Reserve::release() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::uint64_t Reserve::free_room() const {
  struct statvfs status {};
  if (path_.empty() || ::statvfs(path_.parent_path().c_str(), &status) != 0)
    return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

} // namespace tempfail::client
