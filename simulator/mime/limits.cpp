// Counts lines and marks without taking the message apart.
#include "mime/limits.hpp"

namespace tempfail::mime {
namespace {

/// Whether a line looks like a header field.
bool is_field(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && line[length] > ' ' && line[length] < 0x7F && line[length] != ':')
    ++length;
  return length != 0 && length < line.size() && line[length] == ':';
}

/// How often `=?` stands in the text, as far as that matters.
std::size_t encoded_words(std::string_view text, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t at = text.find("=?"); at != std::string_view::npos && count <= most;
       at = text.find("=?", at + 2))
    ++count;
  return count;
}

} // namespace

bool is_within(const ContentLimits& limits, std::string_view content) {
  if (content.size() > limits.content) return false;
  constexpr std::size_t any = std::numeric_limits<std::size_t>::max();
  if (limits.encoded_words != any &&
      encoded_words(content, limits.encoded_words) > limits.encoded_words)
    return false;
  std::size_t boundaries = 0;
  std::size_t fields = 0;
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    const std::string_view line = content.substr(0, end);
    if (line.starts_with("--") && ++boundaries > limits.boundaries) return false;
    if (is_field(line) && ++fields > limits.fields) return false;
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
  }
  return true;
}

} // namespace tempfail::mime
