// The word that a mistyped one was most likely meant to be.
#include "client/cli/nearest.hpp"

#include <algorithm>
#include <vector>

namespace tempfail::client {
namespace {

/// Letters to insert, delete, replace, or swap with their neighbour, from one word to the other.
std::size_t mistakes_between(std::string_view from, std::string_view to) {
  const std::size_t width = to.size() + 1;
  std::vector<std::size_t> table((from.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return table[i * width + j];
  };
  for (std::size_t i = 0; i <= from.size(); ++i) {
    for (std::size_t j = 0; j <= to.size(); ++j) {
      if (i == 0 || j == 0) {
        at(i, j) = i + j;
        continue;
      }
      const std::size_t same = from[i - 1] == to[j - 1] ? 0 : 1;
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return table.back();
}

} // namespace

std::string suggestion(std::string_view word, std::span<const std::string> known) {
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string& candidate : known) {
    const std::size_t mistakes = mistakes_between(word, candidate);
    if (mistakes >= fewest) continue;
    best = candidate;
    fewest = mistakes;
  }
  return best.empty() ? std::string{} : "; did you mean " + std::string{best} + '?';
}

} // namespace tempfail::client
