// Whether a text is ASCII, eight bytes at a time: every command and every address is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tempfail::wire {

/// True when no octet of `text` is over 127.
inline bool is_ascii(std::string_view text) {
  constexpr std::uint64_t tops = 0x8080808080808080U;
  std::uint64_t seen = 0;
  std::size_t done = 0;
  for (; done + sizeof seen <= text.size(); done += sizeof seen) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + done, sizeof word);
    seen |= word;
  }
  for (; done < text.size(); ++done)
    seen |= static_cast<unsigned char>(text[done]);
  return (seen & tops) == 0;
}

} // namespace tempfail::wire
