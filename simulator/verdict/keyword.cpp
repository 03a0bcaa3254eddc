// How strongly rules are asked for, in words and in order.
#include "verdict/keyword.hpp"

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// 2: as strong as MUST; 1: as SHOULD; 0: weaker than both.
int strength(Keyword keyword) {
  switch (keyword) {
  case Keyword::must:
  case Keyword::must_not: return 2;
  case Keyword::should:
  case Keyword::should_not:
  case Keyword::stated: return 1;
  case Keyword::may:
  case Keyword::practice: return 0;
  }
  return 0;
}

} // namespace

std::string_view keyword_word(Keyword keyword) {
  constexpr std::array<std::string_view, keyword_names.size()> words = {
      "MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "stated", "practice"};
  return words[static_cast<std::size_t>(keyword)];
}

bool is_raised(Keyword keyword, Level level) {
  return (level == Level::must ? 2 : 1) > strength(keyword);
}

std::string cited(std::string_view source, Keyword keyword) {
  return std::string(keyword_word(keyword)) + ": " + std::string(source);
}

std::string_view level_word(Level level) {
  return level == Level::must ? "MUST" : "SHOULD";
}

} // namespace tempfail::verdict
