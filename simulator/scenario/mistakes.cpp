// Gathering and printing mistakes.
#include "scenario/mistakes.hpp"

#include "wire/printable.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tempfail::scenario {

std::string Mistake::to_string() const {
  std::string text = at.file;
  if (at.line > 0) text += ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
  text += ": " + what;
  if (!allowed.empty()) text += "; allowed: " + allowed;
  return text;
}

void Mistakes::add(Place at, std::string_view what, std::string allowed) {
  found_.push_back({{file_, at.line, at.column}, wire::printable(what), std::move(allowed)});
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
  return std::move(found_);
}

} // namespace tempfail::scenario
