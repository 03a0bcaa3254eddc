// Room set aside on the disk.
#include "client/queue/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace tempfail::client {
namespace {

/// Enough for the results of every try that can be under way at once, with the pages the log adds
/// to each.
constexpr off_t reserve_bytes = 1 << 20;

} // namespace

Reserve::Reserve(std::filesystem::path folder)
    : path_(folder.empty() ? folder : std::move(folder) / "reserve") {}

bool Reserve::fill() {
  if (full_ || path_.empty()) return true;
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  // Blocks, not only a length: a sparse file reserves nothing.
  full_ = ::posix_fallocate(file, 0, reserve_bytes) == 0;
  ::close(file);
  if (!full_) ::unlink(path_.c_str());
  return full_;
}

void Reserve::release() {
  if (path_.empty()) return;
  ::unlink(path_.c_str());
  full_ = false;
}

} // namespace tempfail::client
