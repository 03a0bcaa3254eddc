// Edit distance over three rows (optimal string alignment).
#include "scenario/closest.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::scenario {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[right.size()];
}

std::vector<std::string> closest(std::string_view word, std::span<const std::string_view> words,
                                 std::size_t limit) {
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const std::string_view candidate : words) {
    const bool contains = word.size() > 2 && candidate.find(word) != std::string_view::npos;
    const std::size_t most = std::max<std::size_t>(word.size(), 3) / 3;
    const std::size_t longer = std::max(word.size(), candidate.size());
    // They differ by as much as their lengths do, at least.
    if (!contains && longer - std::min(word.size(), candidate.size()) > most) continue;
    const std::size_t distance = contains ? 1 : edit_distance(word, candidate);
    if (distance <= most) near.emplace_back(distance, candidate);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& one, const auto& other) { return one.first < other.first; });
  if (near.size() > limit) near.resize(limit);
  std::vector<std::string> result;
  for (const auto& [distance, candidate] : near)
    result.emplace_back(candidate);
  return result;
}

} // namespace tempfail::scenario
