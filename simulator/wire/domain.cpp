// libidn2 converts labels, by the rules of IDNA 2008.
#include "wire/domain.hpp"

#include "wire/ascii.hpp"

#include <idn2.h>

namespace tempfail::wire {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

} // namespace

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

std::string comparable_address(std::string_view address) {
  std::string plain = lower(address);
  if (is_ascii(plain)) return plain;
  const std::size_t at = plain.rfind('@');
  if (at == std::string::npos) return plain;
  if (const auto domain = to_a_labels(std::string_view(plain).substr(at + 1)))
    plain.replace(at + 1, std::string::npos, *domain);
  return plain;
}

} // namespace tempfail::wire
