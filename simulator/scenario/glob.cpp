// Glob matching with one point to go back to: the last star.
#include "scenario/glob.hpp"

#include "base/ascii.hpp"

#include <cstddef>

namespace tempfail::scenario {
bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t at = 0;
  std::size_t in_text = 0;
  std::size_t star = none;   // the last star seen in the pattern ...
  std::size_t star_text = 0; // ... and where the text stood that it has not yet swallowed
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_text = in_text;
    } else if (at < pattern.size() &&
               (pattern[at] == '?' || base::lower(pattern[at]) == base::lower(text[in_text]))) {
      ++at;
      ++in_text;
    } else if (star != none) {
      at = star + 1;
      in_text = ++star_text;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*')
    ++at;
  return at == pattern.size();
}

} // namespace tempfail::scenario
