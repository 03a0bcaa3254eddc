// libidn2 converts labels, by the rules of IDNA 2008.
#include "client/base/domain.hpp"

#include <idn2.h>

#include <algorithm>

namespace tempfail::client {

std::optional<std::string> to_a_labels(std::string_view domain) {
  std::string text(domain);
  if (std::all_of(text.begin(), text.end(),
                  [](char letter) { return static_cast<unsigned char>(letter) < 128; })) {
    std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
      return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return text;
  }
  if (text.find('\0') != std::string::npos) {
    return std::nullopt; // the library reads to there
  }
  char* converted = nullptr;
  if (idn2_to_ascii_8z(text.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
      IDN2_OK) {
    return std::nullopt;
  }
  std::string result(converted);
  idn2_free(converted);
  return result;
}

} // namespace tempfail::client
