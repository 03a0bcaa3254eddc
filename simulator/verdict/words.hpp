// Lists of words as a journal writes them: with blanks between.
#pragma once

#include <algorithm>
#include <string_view>

namespace tempfail::verdict {

/// Calls visit(word) for each word of a list with blanks between.
template <typename Visit>
void each_word(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    visit(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

/// Whether a word stands in such a list.
inline bool has_word(std::string_view list, std::string_view word) {
  bool found = false;
  each_word(list, [&](std::string_view one) { found = found || one == word; });
  return found;
}

} // namespace tempfail::verdict
