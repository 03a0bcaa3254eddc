// A journal's file, read piece by piece: what was decoded is never read again.
#include "cli/journal_follower.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

JournalFollower::~JournalFollower() {
  if (fd_ >= 0) ::close(fd_);
}

const journal::Journal& JournalFollower::read_on() {
  while (true) {
    if (fd_ < 0) fd_ = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) fail();
    const bool replaced = is_replaced(); // asked first: what was written before that is read now
    read_to_end();
    if (!replaced) return journal_;
    ::close(fd_);
    fd_ = -1;
    rest_.clear();
  }
}

void JournalFollower::read_to_end() {
  char piece[65536];
  while (true) {
    const ssize_t count = ::read(fd_, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    if (count == 0) return;
    rest_.append(piece, static_cast<std::size_t>(count));
    const std::size_t end = rest_.rfind('\n');
    if (end == std::string::npos) continue;
    journal_.append(std::string_view(rest_).substr(0, end + 1));
    rest_.erase(0, end + 1);
  }
}

/// Whether another file has the name now. Where none has, one may follow.
bool JournalFollower::is_replaced() const {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd_, &opened) == 0 && ::stat(file_.c_str(), &named) == 0 &&
         (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino);
}

void JournalFollower::fail() const {
  throw std::system_error(errno, std::generic_category(), file_.string());
}

} // namespace tempfail::cli
