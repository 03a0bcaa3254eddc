// The journal's file: one write for many events, and a full disk survived.
#include "journal/recorder.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
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
  if (ends_inside_line(file)) buffer_ = "\n";
  no_events_ = buffer_.size();
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
  const std::string_view rest = std::string_view(buffer_).substr(std::max(written_, no_events_));
  return static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n'));
}

void FileRecorder::record(const Event& event) {
  if (node_.empty()) return record_named(event);
  Event named = event;
  named.node = node_;
  record_named(named);
}

void FileRecorder::record_named(const Event& event) {
  const std::uint64_t sequence = next_sequence();
  last_time_ = event.time;
  if (head_) head_->note(event, sequence);
  if (failing_ && backlog() >= backlog_limit) {
    ++lost_;
    return;
  }
  encode(event, sequence, buffer_);
}

void FileRecorder::write_buffer_alone() {
  while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
  }
  write_buffer();
  struct stat status {};
  if (torn_bytes_ != 0 && ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode) &&
      ::ftruncate(fd_, status.st_size - static_cast<off_t>(torn_bytes_)) == 0) {
    written_ -= torn_bytes_;
    torn_bytes_ = 0;
  }
  ::flock(fd_, LOCK_UN);
}

void FileRecorder::write_buffer() {
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
    // A long beginning is no reason to rotate a file that holds nothing else.
    file_bytes_ += written_ - std::min(written_, std::max(written_ - piece.size(), no_events_));
  }
}

void FileRecorder::flush() {
  if (written_ < buffer_.size()) {
    if (node_.empty())
      write_buffer();
    else
      write_buffer_alone();
  }
  if (written_ < buffer_.size()) {
    // Move what is left to the front only when it pays: while the disk is full nothing changes.
    // The beginning of a torn line stays: if a new file follows, the line begins there again.
    const std::size_t done = written_ - torn_bytes_;
    if (done > buffer_.size() / 2) {
      buffer_.erase(0, done);
      written_ -= done;
      no_events_ -= std::min(no_events_, done);
    }
    return;
  }
  written_ = 0;
  no_events_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > kept_capacity) buffer_.shrink_to_fit();
  report(0);
  if (rotate_bytes_ != 0 && file_bytes_ >= rotate_bytes_) rotate();
}

void FileRecorder::allow_new_files(std::uint64_t bytes) {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) throw std::system_error(errno, std::generic_category(), file_);
  if (bytes != 0 && !S_ISREG(status.st_mode))
    throw std::system_error(EINVAL, std::generic_category(), file_);
  head_.emplace();
  rotate_bytes_ = bytes;
  file_bytes_ = static_cast<std::uint64_t>(status.st_size);
}

void FileRecorder::reopen() {
  if (fd_ < 0) return;
  flush();
  if (!open_again())
    say("journal " + file_ + " can't be opened again: " + std::generic_category().message(errno) +
        "; the old file stays in use");
}

bool FileRecorder::open_again() {
  const int fd = ::open(file_.c_str(),
                        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
  if (fd < 0) return false;
  struct stat old_status {};
  struct stat status {};
  const bool known = ::fstat(fd_, &old_status) == 0 && ::fstat(fd, &status) == 0;
  if (!known || (old_status.st_dev == status.st_dev && old_status.st_ino == status.st_ino)) {
    ::close(fd); // nobody has moved it
    return true;
  }
  ::fcntl(fd, F_SETFL, O_WRONLY | O_APPEND);
  if (torn_bytes_ != 0 && S_ISREG(old_status.st_mode)) {
    // Best effort, as in close(): the line is whole in the new file.
    [[maybe_unused]] const int ignored =
        ::ftruncate(fd_, old_status.st_size - static_cast<off_t>(torn_bytes_));
  }
  if (buffer_.empty()) end_file();
  // What is left of an old beginning is written whole, as part of the new one.
  const std::size_t begin = std::max(written_ - torn_bytes_, no_events_);
  std::string beginning = ends_inside_line(file_) ? "\n" : "";
  if (head_) beginning += head_->lines();
  buffer_.replace(0, begin, beginning);
  no_events_ = beginning.size();
  written_ = 0;
  torn_bytes_ = 0;
  ::close(fd_);
  fd_ = fd;
  file_bytes_ = 0;
  flush();
  return true;
}

void FileRecorder::end_file() {
  std::string line;
  Event last{last_time_, 0, 0, event::Continued{}};
  last.node = node_;
  encode(last, last_sequence() + 1, line);
  const ssize_t count = ::write(fd_, line.data(), line.size());
  if (count == static_cast<ssize_t>(line.size())) {
    next_sequence();
    return;
  }
  struct stat status {};
  if (count > 0 && ::fstat(fd_, &status) == 0) {
    [[maybe_unused]] const int ignored = ::ftruncate(fd_, status.st_size - count);
  }
}

void FileRecorder::rotate() {
  file_bytes_ = 0; // where it fails it is tried again after as many bytes
  std::string aside;
  do
    aside = file_ + "." + std::to_string(++last_name_);
  while (::access(aside.c_str(), F_OK) == 0);
  if (::rename(file_.c_str(), aside.c_str()) == 0) {
    if (open_again()) return;
    const int failed = errno;
    ::rename(aside.c_str(), file_.c_str()); // it is the file that is written, so it keeps its name
    errno = failed;
  }
  --last_name_;
  say("journal " + file_ + " can't be rotated: " + std::generic_category().message(errno) +
      "; it stays in use");
}

void FileRecorder::say(const std::string& message) const {
  if (on_error_) on_error_(message);
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
  std::string message = "journal " + file_ + " can be written again";
  if (lost_ != 0) message += "; " + std::to_string(lost_) + " events were lost";
  on_error_(message);
}

} // namespace tempfail::journal
