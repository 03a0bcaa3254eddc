// Whole files in and out.
#include "cli/read_file.hpp"

#include "cli/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tempfail::cli {

namespace {

std::string complaint(const std::filesystem::path& file, int error) {
  return file.string() + ": " + std::strerror(error);
}

} // namespace

std::string read_file(const std::filesystem::path& file, std::size_t most) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw UsageError(complaint(file, errno));
  std::string text;
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while (text.size() < most &&
         (got = ::read(fd, buffer.data(), std::min(buffer.size(), most - text.size()))) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const int error = errno;
  ::close(fd);
  if (got < 0) throw UsageError(complaint(file, error));
  return text;
}

void require_writable(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    // A pipe's reader would take the closing for the end.
    if (::access(file.c_str(), W_OK) != 0) throw CannotRun(complaint(file, errno));
    return;
  }
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) throw CannotRun(complaint(file, errno));
  ::close(fd);
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw CannotRun(complaint(file, errno));
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      ::close(fd);
      throw CannotRun(complaint(file, error));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::close(fd) != 0) throw CannotRun(complaint(file, errno));
}

void write_file_atomically(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::path temporary = file;
  temporary += "." + std::to_string(::getpid()) + ".new";
  write_file(temporary, text);
  if (::rename(temporary.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw CannotRun(complaint(file, error));
  }
}

} // namespace tempfail::cli
