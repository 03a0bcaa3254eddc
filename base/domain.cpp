// libidn2 converts labels, by the rules of IDNA 2008.
#include "base/domain.hpp"

#include "base/ascii.hpp"

#include <idn2.h>

namespace tempfail::base {

std::optional<std::string> to_a_labels(std::string_view domain) {
  if (is_ascii(domain)) return lower(domain);
  if (domain.find('\0') != std::string_view::npos)
    return std::nullopt; // the library reads to there
  char* converted = nullptr;
  const std::string text(domain);
  if (idn2_to_ascii_8z(text.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
    return std::nullopt;
  std::string result(converted);
  idn2_free(converted);
  return result;
}

} // namespace tempfail::base
