// How strongly rules are asked for, in words and in order.
#include "verdict/keyword.hpp"

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// Whether a source that uses this keyword asks for it as strongly as this.
bool asks_as(Keyword keyword, Level level) {
  switch (keyword) {
  case Keyword::must:
  case Keyword::must_not: return true;
  case Keyword::should:
  case Keyword::should_not:
  case Keyword::stated: return level == Level::should;
  case Keyword::may:
  case Keyword::practice: break;
  }
  return false;
}

} // namespace

std::string_view keyword_word(Keyword keyword) {
  constexpr std::array<std::string_view, keyword_names.size()> words = {
      "MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "stated", "practice"};
  return words[static_cast<std::size_t>(keyword)];
}

bool is_stricter_than_source(Keyword keyword, Level level) {
  return !asks_as(keyword, level);
}

std::string cited(std::string_view source, Keyword keyword) {
  if (source.starts_with("practice")) return std::string(source);
  if (keyword == Keyword::practice) return std::string(source) + " (practice)";
  if (keyword == Keyword::stated) return std::string(source) + " (stated without a keyword)";
  return std::string(source) + " (it says " + std::string(keyword_word(keyword)) + ")";
}

std::string_view level_word(Level level) {
  return level == Level::must ? "MUST" : "SHOULD";
}

} // namespace tempfail::verdict
