// A journal's file, read piece by piece: what was decoded is never read again.
#include "cli/journal_follower.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace tempfail::cli {

const journal::Journal& JournalFollower::read_on() {
  const auto close = [](std::FILE* stream) { std::fclose(stream); };
  const std::unique_ptr<std::FILE, decltype(close)> stream(std::fopen(file_.c_str(), "rbe"), close);
  const auto fail = [this] {
    throw std::system_error(errno, std::generic_category(), file_.string());
  };
  if (!stream || ::fseeko(stream.get(), static_cast<off_t>(position_), SEEK_SET) != 0) fail();
  char piece[65536];
  while (const std::size_t count = std::fread(piece, 1, sizeof piece, stream.get())) {
    position_ += count;
    rest_.append(piece, count);
    const std::size_t end = rest_.rfind('\n');
    if (end == std::string::npos) continue;
    journal_.append(std::string_view(rest_).substr(0, end + 1));
    rest_.erase(0, end + 1);
  }
  if (std::ferror(stream.get()) != 0) fail();
  return journal_;
}

} // namespace tempfail::cli
