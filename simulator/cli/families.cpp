// Headings of the families.
#include "cli/families.hpp"

#include "scenario/loader.hpp"

#include <algorithm>
#include <cctype>

namespace tempfail::cli {

std::string family_title(std::string_view family) {
  for (const scenario::Family& known : scenario::families())
    if (known.name == family) return known.title;
  std::string text(family);
  std::replace(text.begin(), text.end(), '-', ' ');
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

} // namespace tempfail::cli
