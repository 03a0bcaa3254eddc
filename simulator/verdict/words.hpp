// Lists of words as a journal writes them: with blanks between.
#pragma once

#include <algorithm>
#include <string_view>

namespace tempfail::verdict {

/// Whether a word stands in a list with blanks between.
inline bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

} // namespace tempfail::verdict
