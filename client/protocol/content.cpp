// Dot-stuffing.
#include "client/protocol/content.hpp"

#include <utility>

namespace tempfail::client {

std::shared_ptr<const std::string> dot_stuffed(std::shared_ptr<const std::string> content) {
  const std::string_view text = *content;
  const bool first = text.starts_with('.');
  std::size_t found = text.find("\n.");
  if (!first && found == std::string_view::npos) {
    return content;
  }
  auto result = std::make_shared<std::string>();
  result->reserve(text.size() + text.size() / 64 + 16);
  if (first) {
    *result += '.';
  }
  std::size_t begin = 0;
  while (found != std::string_view::npos) {
    result->append(text.substr(begin, found + 1 - begin));
    *result += '.';
    begin = found + 1;
    found = text.find("\n.", begin);
  }
  result->append(text.substr(begin));
  return result;
}

} // namespace tempfail::client
