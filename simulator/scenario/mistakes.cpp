// Gathering and printing mistakes.
#include "scenario/mistakes.hpp"

#include "base/printable.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tempfail::scenario {

std::string Mistake::to_string() const {
  std::string text = base::printable(at.file);
  if (at.line > 0) text += ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
  text += ": " + what;
  if (!allowed.empty()) text += "; allowed: " + allowed;
  return text;
}

void Mistakes::add(FilePosition at, std::string_view what, std::string allowed) {
  constexpr std::size_t longest = 400; // bytes: a line to read, whatever the file holds
  if (is_full()) {
    ++more_;
    return;
  }
  std::string text = base::printable(what.substr(0, longest));
  if (what.size() > longest) text += "…";
  found_.push_back({{file_, at.line, at.column}, std::move(text), std::move(allowed)});
}

std::vector<Mistake> Mistakes::take() {
  const auto key = [](const Mistake& mistake) {
    return std::tie(mistake.at.line, mistake.at.column, mistake.what);
  };
  std::stable_sort(found_.begin(), found_.end(), [&](const Mistake& left, const Mistake& right) {
    return std::tie(left.at.line, left.at.column) < std::tie(right.at.line, right.at.column);
  });
  const auto same = [&](const Mistake& left, const Mistake& right) {
    return key(left) == key(right);
  };
  found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  if (more_ != 0)
    found_.push_back({{file_, 0, 0}, "and " + std::to_string(more_) + " more mistakes", {}});
  return std::move(found_);
}

} // namespace tempfail::scenario
