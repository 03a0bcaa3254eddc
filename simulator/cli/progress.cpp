// The live line of `tempfail test`.
#include "cli/progress.hpp"

#include "cli/text.hpp"

#include <algorithm>
#include <cstdio>

namespace tempfail::cli {

void Progress::started(const std::string& name) {
  running_.push_back(name);
  draw();
}

void Progress::ended(const std::string& name, bool passed, double seconds) {
  std::erase(running_, name);
  ++ended_;
  if (!passed) ++failed_;
  if (verbose_) {
    std::string time(32, '\0');
    time.resize(static_cast<std::size_t>(
        std::max(0, std::snprintf(time.data(), time.size(), "%.1f s", seconds))));
    say((passed ? err_.styled(Style::green, "passed") : err_.styled(Style::red, "failed")) + "  " +
        name + "  (" + time + ")");
  }
  draw();
}

void Progress::say(const std::string& line) {
  clear();
  err_.write(line + '\n');
  draw();
}

void Progress::clear() {
  if (!drawn_) return;
  err_.write("\r\x1b[K");
  drawn_ = false;
}

void Progress::draw() {
  if (!err_.can_redraw()) return;
  std::string line = std::to_string(ended_) + " of " + std::to_string(total_);
  if (failed_ > 0) line += ", " + std::to_string(failed_) + " failed";
  if (!running_.empty()) line += "; running: " + joined(running_, ", ");
  err_.write("\r\x1b[K" + cut(line, err_.width() - 1));
  drawn_ = true;
}

} // namespace tempfail::cli
