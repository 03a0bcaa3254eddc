// The enhanced status code of RFC 3463: reading and writing it.
#include "client/protocol/status.hpp"

#include <charconv>

namespace tempfail::client {
namespace {

/// Takes a number of one to three digits off the front of `text` (RFC 3463 section 2).
std::optional<std::uint16_t> take_number(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= '0' && text[length] <= '9') {
    ++length;
  }
  if (length == 0 || length > 3) {
    return std::nullopt;
  }
  std::uint16_t number = 0;
  std::from_chars(text.data(), text.data() + length, number);
  text.remove_prefix(length);
  return number;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

} // namespace

std::optional<Status> Status::parse(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') || text[1] != '.') {
    return std::nullopt;
  }
  Status status;
  status.class_digit = static_cast<std::uint16_t>(text[0] - '0');
  text.remove_prefix(2);
  const auto subject = take_number(text);
  if (!subject || !take_dot(text)) {
    return std::nullopt;
  }
  const auto detail = take_number(text);
  if (!detail || (!text.empty() && text.front() != ' ')) {
    return std::nullopt;
  }
  status.subject = *subject;
  status.detail = *detail;
  return status;
}

std::string Status::text() const {
  if (empty()) {
    return {};
  }
  return std::to_string(class_digit) + '.' + std::to_string(subject) + '.' + std::to_string(detail);
}

} // namespace tempfail::client
