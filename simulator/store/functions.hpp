// The functions that a Redis server runs for us, one for each question of state::Store, and those about the run itself.
// Each is one step there. Their texts are the files of functions/, which say what goes in and what comes out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tempfail::store {

enum class Function : std::uint8_t {
  first_contact,
  connected,
  disconnected,
  connections,
  restore,
  count,
  draw,
  greylist,
  spool,
  mailbox,
  rate,
  draw_rate,
  queue,
  switch_queue,
  accepted,
  reset,
  join,
  renew,
  leave,
  now,
  advance,
  follow,
  last = follow,
};
inline constexpr std::size_t function_count = static_cast<std::size_t>(Function::last) + 1;

std::string function_text(Function function);

/// Answers are whole numbers, at most this many; those that are not given are 0.
using Numbers = std::array<std::int64_t, 6>;

} // namespace tempfail::store
