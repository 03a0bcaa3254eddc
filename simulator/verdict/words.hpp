// Words in what a journal has: lists with blanks between, and the status code in a reply.
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

/// The enhanced status code with which the text of a reply begins (RFC 2034); empty: it has none.
inline std::string_view enhanced_status(std::string_view reply) {
  if (reply.size() < 9 || (reply[3] != ' ' && reply[3] != '-')) return {};
  reply.remove_prefix(4);
  const std::string_view status = reply.substr(0, reply.find_first_of(" \r\n"));
  const bool fits = status.size() >= 5 && status[1] == '.' &&
                    status.find_first_not_of("0123456789.") == status.npos;
  return fits ? status : std::string_view();
}

} // namespace tempfail::verdict
