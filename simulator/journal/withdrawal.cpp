// Replaces the end of a line: the keys that all events have come before the kind.
#include "journal/withdrawal.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::journal {

void withdraw_acceptances(std::string& lines) {
  // Texts can't contain this: their quotation marks have a backslash.
  constexpr std::string_view accepted = "\"event\":\"accepted\"";
  std::string changed;
  std::size_t copied = 0;
  for (std::size_t at = lines.find(accepted); at != std::string::npos;
       at = lines.find(accepted, copied)) {
    changed.append(lines, copied, at - copied);
    changed.append("\"event\":\"note\",\"text\":\"").append(not_accepted).append("\"}");
    copied = std::min(lines.find('\n', at), lines.size());
  }
  if (copied == 0) return;
  changed.append(lines, copied);
  lines = std::move(changed);
}

} // namespace tempfail::journal
