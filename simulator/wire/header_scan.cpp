// The header section ends with its first empty line; a field's name stands at the front of its
// line.
#include "wire/header_scan.hpp"

#include "base/ascii.hpp"
#include "wire/data_reader.hpp"

#include <algorithm>

namespace tempfail::wire {
namespace {

constexpr std::string_view received_name = "received:";

bool is_field(std::string_view line, std::string_view name) {
  if (line.size() <= name.size()) return false;
  if (!base::equal_ignoring_case(line.substr(0, name.size()), name)) return false;
  const std::size_t colon = line.find_first_not_of(" \t", name.size()); // obs-optional
  return colon != std::string_view::npos && line[colon] == ':';
}

} // namespace

std::size_t HeaderScan::scan(std::string_view bytes, std::uint32_t& received) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (!empty_ && !matching_) {
      i = bytes.find('\n', i);
      if (i == std::string_view::npos) return bytes.size();
    }
    const char c = bytes[i++];
    if (c == '\n') {
      if (empty_) {
        over_ = true;
        return i;
      }
      matched_ = 0;
      matching_ = true;
      empty_ = true;
      cr_ = false;
      continue;
    }
    if (c == '\r' && empty_ && !cr_ && matched_ == 0) {
      cr_ = true;
      continue;
    }
    empty_ = false;
    matching_ = matching_ && !cr_ && base::lower(c) == received_name[matched_];
    if (matching_ && ++matched_ == received_name.size()) {
      ++received;
      matching_ = false;
    }
  }
  return i;
}

void HeaderScan::add(std::string_view bytes, std::string& kept, std::size_t limit,
                     std::uint32_t& received) {
  if (over_) return;
  const std::size_t taken = scan(bytes, received);
  kept.append(bytes.substr(0, std::min(taken, limit - kept.size())));
}

std::string header_field(std::string_view headers, std::string_view name) {
  std::string_view first; // most values have one line
  std::string value;
  bool found = false;
  while (!headers.empty()) {
    const std::size_t end = headers.find('\n');
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(end == std::string_view::npos ? headers.size() : end + 1);
    const bool folded = line.starts_with(' ') || line.starts_with('\t');
    if (found && !folded) break;
    if (found) {
      if (value.empty()) value = first;
      const std::size_t last = line.find_last_not_of("\r");
      value.append(line.substr(0, last == std::string_view::npos ? 0 : last + 1));
    } else if (is_field(line, name)) {
      found = true;
      const std::string_view rest = line.substr(line.find(':') + 1);
      first = rest.ends_with('\r') ? rest.substr(0, rest.size() - 1) : rest;
    }
  }
  return std::string(base::trimmed(value.empty() ? first : value, " \t\r\n"));
}

} // namespace tempfail::wire
