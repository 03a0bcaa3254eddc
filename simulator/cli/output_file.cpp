// Keeps the beginning and the end of what a command prints.
#include "cli/output_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

OutputFile::OutputFile(std::filesystem::path path) : path_(std::move(path)) {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) throw std::system_error(errno, std::generic_category(), path_.string());
}

OutputFile::~OutputFile() {
  finish();
}

/// A full disk costs the output, not the run: the verdict does not depend on it.
void OutputFile::put(std::string_view text) const {
  while (!text.empty()) {
    const ::ssize_t written = ::write(file_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::write(std::string_view text) {
  if (file_ < 0) return;
  const std::string_view head = text.substr(0, std::min<std::uint64_t>(room_, text.size()));
  put(head);
  room_ -= head.size();
  text.remove_prefix(head.size());
  beyond_ += text.size();
  tail_.append(text.substr(text.size() - std::min(text.size(), tail_limit)));
  if (tail_.size() > 2 * tail_limit) tail_.erase(0, tail_.size() - tail_limit);
}

void OutputFile::finish() {
  if (file_ < 0) return;
  if (tail_.size() > tail_limit) tail_.erase(0, tail_.size() - tail_limit);
  if (beyond_ > tail_.size())
    put("\n[" + std::to_string(beyond_ - tail_.size()) + " bytes are left out here]\n");
  put(tail_);
  tail_ = {};
  ::close(file_);
  file_ = -1;
}

} // namespace tempfail::cli
