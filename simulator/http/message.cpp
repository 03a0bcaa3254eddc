// Reads request targets (RFC 3986 section 3).
#include "http/message.hpp"

#include <array>

namespace tempfail::http {

namespace {

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_blank) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hexadecimal(text[i + 1]);
      const int low = hexadecimal(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      result += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      result += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

/// The text up to `end`, which is taken off the front with it.
std::string_view take_until(std::string_view& text, char end) {
  const std::size_t size = text.find(end);
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(size == std::string_view::npos ? text.size() : size + 1);
  return part;
}

} // namespace

std::string_view reason_of(int status) {
  constexpr std::array<std::pair<int, std::string_view>, 18> reasons = {
      {{200, "OK"},
       {201, "Created"},
       {202, "Accepted"},
       {204, "No Content"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {406, "Not Acceptable"},
       {409, "Conflict"},
       {413, "Content Too Large"},
       {415, "Unsupported Media Type"},
       {421, "Misdirected Request"},
       {422, "Unprocessable Content"},
       {431, "Request Header Fields Too Large"},
       {500, "Internal Server Error"},
       {503, "Service Unavailable"}}};
  for (const auto& [known, reason] : reasons)
    if (known == status) return reason;
  return {};
}

const std::string* Target::find(std::string_view key) const {
  const std::string* value = nullptr;
  for (const auto& [name, text] : query)
    if (name == key) value = &text;
  return value;
}

std::optional<Target> parse_target(std::string_view text) {
  Target target;
  text = text.substr(0, text.find('#'));
  if (!text.starts_with('/')) return std::nullopt;
  std::string_view path = take_until(text, '?');
  path.remove_prefix(1);
  do {
    const auto segment = decoded(take_until(path, '/'), false);
    if (!segment) return std::nullopt;
    target.path.push_back(*segment);
  } while (!path.empty());
  while (!text.empty()) {
    std::string_view pair = take_until(text, '&');
    const auto key = decoded(take_until(pair, '='), true);
    const auto value = decoded(pair, true);
    if (!key || !value) return std::nullopt;
    if (!key->empty()) target.query.emplace_back(*key, *value);
  }
  return target;
}

} // namespace tempfail::http
