// The live line of `tempfail test`.
#include "cli/progress.hpp"

#include "cli/text.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tempfail::cli {

Progress::Progress(StandardStream& err, std::size_t total, bool verbose, Estimate estimate)
    : err_(err), total_(total), verbose_(verbose), estimate_(std::move(estimate)) {
  if (total_ > 1 && (verbose_ || err_.can_redraw())) err_.write(estimate_.at_start() + '\n');
}

void Progress::started(const std::string& name) {
  running_.push_back(name);
  draw();
}

void Progress::ended(const std::string& name, report::CaseStatus status, double seconds) {
  std::erase(running_, name);
  ++ended_;
  estimate_.ended(name);
  ++counts_[static_cast<std::size_t>(status)];
  if (verbose_) {
    std::string time(32, '\0');
    time.resize(static_cast<std::size_t>(
        std::max(0, std::snprintf(time.data(), time.size(), "%.1f s", seconds))));
    say(err_.coloured(report::status_colour(status), report::status_word(status)) + "  " + name +
        "  (" + time + ")");
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
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto count = static_cast<report::CaseStatus>(i);
    if (count == report::CaseStatus::ok || count == report::CaseStatus::ok_but || counts_[i] == 0)
      continue;
    line += ", " + std::to_string(counts_[i]) + " " + std::string(report::status_word(count));
  }
  if (const auto left = estimate_.left(std::chrono::steady_clock::now() - began_);
      left && ended_ != 0)
    line += ", about " + approximate_text(*left) + " left";
  if (!running_.empty()) line += "; running: " + joined(running_, ", ");
  err_.write("\r\x1b[K" + cut(line, err_.width() - 1));
  drawn_ = true;
}

} // namespace tempfail::cli
