// Standard output and standard error: terminals, colours, careful writes.
#include "cli/terminal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tempfail::cli {

namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// NO_COLOR counts more than FORCE_COLOR, which counts more than whether there is a terminal.
bool colours_wanted(bool possible) {
  if (is_set("NO_COLOR")) return false;
  if (!is_set("FORCE_COLOR")) return possible;
  return std::string_view(std::getenv("FORCE_COLOR")) != "0";
}

bool understands_controls() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string_view(term) != "dumb";
}

std::string_view escape_of(Style style) {
  switch (style) {
  case Style::plain: return "";
  case Style::bold: return "\x1b[1m";
  case Style::dim: return "\x1b[2m";
  case Style::red: return "\x1b[31m";
  case Style::green: return "\x1b[32m";
  case Style::yellow: return "\x1b[33m";
  case Style::cyan: return "\x1b[36m";
  }
  return "";
}

} // namespace

StandardStream::StandardStream(int fd)
    : fd_(fd), terminal_(::isatty(fd) == 1), redraw_(terminal_ && understands_controls()),
      colour_(colours_wanted(redraw_)) {}

void StandardStream::write(std::string_view text) {
  while (!text.empty() && !closed_ && error_ == 0) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno == EAGAIN) { // somebody else made it non-blocking
      pollfd waiting{fd_, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
}

std::string StandardStream::styled(Style style, std::string_view text) const {
  if (!colour_ || style == Style::plain) return std::string(text);
  return std::string(escape_of(style)) + std::string(text) + "\x1b[0m";
}

std::string StandardStream::coloured(std::string_view parameter, std::string_view text) const {
  if (!colour_) return std::string(text);
  return "\x1b[" + std::string(parameter) + "m" + std::string(text) + "\x1b[0m";
}

std::size_t StandardStream::width() const {
  constexpr std::size_t widest = 99;
  return std::min(full_width(), widest);
}

std::size_t StandardStream::full_width() const {
  constexpr std::size_t narrowest = 40;
  winsize size{};
  if (!terminal_ || ::ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return std::numeric_limits<std::size_t>::max();
  return std::max<std::size_t>(size.ws_col, narrowest);
}

} // namespace tempfail::cli
