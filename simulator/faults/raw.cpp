// `raw`: any bytes, and what a client makes of them.
#include "faults/raw.hpp"

#include "scenario/read_value.hpp"
#include "wire/reply.hpp"

namespace tempfail::faults {

namespace {

constexpr std::size_t raw_limit = std::size_t{1} << 20U; // bytes

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
  return wire::reply_code_in(bytes);
}

} // namespace tempfail::faults
