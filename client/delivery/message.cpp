// What delivery needs to know of a message's text and of addresses.
#include "client/delivery/message.hpp"

#include "base/domain.hpp"

#include <algorithm>

namespace tempfail::client {

std::string normalize_lines(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 32 + 2);
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t end = text.find_first_of("\r\n", position);
    if (end == std::string_view::npos) {
      result.append(text.substr(position));
      position = text.size();
    } else {
      result.append(text.substr(position, end - position));
      const bool pair = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
      position = end + (pair ? 2 : 1);
    }
    result.append("\r\n");
  }
  return result;
}

bool has_eight_bit(std::string_view content) {
  return std::any_of(content.begin(), content.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) > 127; });
}

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) {
    return {};
  }
  return base::to_a_labels(address.substr(at + 1)).value_or(std::string());
}

} // namespace tempfail::client
