// The journal's file: one write for many events, and a full disk survived.
#include "journal/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tempfail::journal {
namespace {

/// Memory of the buffer that is kept from flush to flush; a burst's is given back.
constexpr std::size_t kept_capacity = std::size_t{1} << 20U;

/// A journal that an earlier run left without its last line's end must not swallow our first event.
bool ends_inside_line(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  bool inside = false;
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    char last = '\n';
    inside = ::pread(fd, &last, 1, status.st_size - 1) == 1 && last != '\n';
  }
  ::close(fd);
  return inside;
}

} // namespace

FileRecorder::FileRecorder(const std::filesystem::path& file, ErrorHandler on_error)
    : file_(file.string()), on_error_(std::move(on_error)) {
  fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), file_);
  ends_foreign_line_ = ends_inside_line(file);
  if (ends_foreign_line_) buffer_ = "\n";
}

FileRecorder::~FileRecorder() {
  close();
}

void FileRecorder::close() {
  if (fd_ < 0) return;
  flush();
  lost_ += waiting();
  struct stat status {};
  if (torn_bytes_ != 0 && ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)) {
    // Best effort: a line that stays torn is one the reader reports.
    [[maybe_unused]] const int ignored =
        ::ftruncate(fd_, status.st_size - static_cast<off_t>(torn_bytes_));
  }
  ::close(fd_);
  fd_ = -1;
}

std::uint64_t FileRecorder::waiting() const {
  const std::string_view rest = std::string_view(buffer_).substr(written_);
  const auto ends = std::count(rest.begin(), rest.end(), '\n');
  // The end of another run's torn line, with which the buffer may begin, is no event.
  const bool foreign = ends_foreign_line_ && written_ == 0;
  return static_cast<std::uint64_t>(ends) - (foreign ? 1 : 0);
}

void FileRecorder::record(const Event& event) {
  const std::uint64_t sequence = next_sequence();
  if (failing_ && backlog() >= backlog_limit) {
    ++lost_;
    return;
  }
  encode(event, sequence, buffer_);
}

void FileRecorder::flush() {
  while (written_ < buffer_.size()) {
    const ssize_t count = ::write(fd_, buffer_.data() + written_, buffer_.size() - written_);
    if (count < 0) {
      if (errno == EINTR) continue;
      report(errno);
      break;
    }
    if (count == 0) { // POSIX allows it where nothing fits; to try on would spin
      report(ENOSPC);
      break;
    }
    const std::string_view piece(buffer_.data() + written_, static_cast<std::size_t>(count));
    const std::size_t line_end = piece.rfind('\n');
    torn_bytes_ = line_end == std::string_view::npos ? torn_bytes_ + piece.size()
                                                     : piece.size() - line_end - 1;
    written_ += piece.size();
    ends_foreign_line_ = false;
  }
  if (written_ < buffer_.size()) {
    // Move what is left to the front only when it pays: while the disk is full nothing changes.
    if (written_ > buffer_.size() / 2) {
      buffer_.erase(0, written_);
      written_ = 0;
    }
    return;
  }
  written_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > kept_capacity) buffer_.shrink_to_fit();
  report(0);
}

void FileRecorder::report(int error) {
  const bool failing = error != 0;
  if (failing == failing_) return;
  failing_ = failing;
  if (!on_error_) return;
  if (failing) {
    on_error_("journal " + file_ + " can't be written: " + std::generic_category().message(error) +
              "; events are kept and written later");
    return;
  }
  std::string message = "journal " + file_ + " is written again";
  if (lost_ != 0) message += "; " + std::to_string(lost_) + " events were lost";
  on_error_(message);
}

} // namespace tempfail::journal
