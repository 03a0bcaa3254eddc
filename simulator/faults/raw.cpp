// `raw`: any bytes, and what a client makes of them.
#include "faults/raw.hpp"

#include "scenario/read_value.hpp"

namespace tempfail::faults {

namespace {

constexpr std::size_t raw_limit = std::size_t{1} << 20U; // bytes

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

} // namespace

std::optional<Raw> Raw::read(const scenario::Value& value, scenario::Mistakes& mistakes) {
  if (!value.is_scalar() || value.text.empty() || value.text.size() > raw_limit) {
    scenario::note_wrong(value, "bytes to send", "a text in double quotes: \"220 hal\\r\\n\"",
                         mistakes);
    return std::nullopt;
  }
  return Raw{value.text};
}

int Raw::code() const {
  if (bytes.size() < 3 || !is_digit(bytes[0]) || !is_digit(bytes[1]) || !is_digit(bytes[2]))
    return 0;
  if (bytes.size() > 3 && is_digit(bytes[3])) return 0;
  return (bytes[0] - '0') * 100 + (bytes[1] - '0') * 10 + (bytes[2] - '0');
}

} // namespace tempfail::faults
