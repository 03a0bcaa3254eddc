// The list of faults, and what can be asked of any of them. Each fault says all of itself in its own file; a fault
// that leaves something out does not compile, as nothing here has a default.
#pragma once

#include "faults/accept.hpp"
#include "faults/alert.hpp"
#include "faults/close.hpp"
#include "faults/cut_handshake.hpp"
#include "faults/delay.hpp"
#include "faults/drip.hpp"
#include "faults/duplicate_reply.hpp"
#include "faults/half_close.hpp"
#include "faults/raw.hpp"
#include "faults/reply.hpp"
#include "faults/reset.hpp"
#include "faults/stall.hpp"
#include "faults/stop_reading.hpp"
#include "faults/throttle.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

namespace tempfail::faults {

/// Something that goes wrong, in the order in which messages name them.
using Fault = std::variant<Reply, Delay, Drip, DuplicateReply, Raw, Accept, Close, Reset, HalfClose,
                           Stall, StopReading, Throttle, Alert, CutHandshake>;

namespace detail {
template <typename... Each>
constexpr std::array<FaultKind, sizeof...(Each)>
kinds_of(std::type_identity<std::variant<Each...>> /*list*/) {
  return {Each::kind...};
}
} // namespace detail

/// What each says of itself, by its index in Fault.
inline constexpr auto kinds = detail::kinds_of(std::type_identity<Fault>{});
static_assert(kinds.size() == std::variant_size_v<Fault>);

/// The keys of the faults of some forms, in their order: `keys_where<stands_alone>()`.
template <bool (*Fits)(WrittenForm)>
constexpr auto keys_where() {
  constexpr auto fits = [](const FaultKind& kind) { return Fits(kind.form); };
  constexpr auto count = static_cast<std::size_t>(std::count_if(kinds.begin(), kinds.end(), fits));
  std::array<std::string_view, count> keys;
  std::size_t next = 0;
  for (const FaultKind& kind : kinds)
    if (fits(kind)) keys[next++] = kind.key;
  return keys;
}

inline const FaultKind& kind_of(const Fault& fault) {
  return kinds[fault.index()];
}
Consequence consequence_of(const Fault& fault);
void perform(const Fault& fault, Output& output);

/// The fault with this key, which stands alone as a word; nothing when there is no such fault.
std::optional<Fault> from_word(std::string_view key);
/// The fault with this key, from its value; nothing when there is no such fault, or a mistake was noted.
std::optional<Fault> read(std::string_view key, const scenario::Value& value,
                          scenario::Mistakes& mistakes);

} // namespace tempfail::faults
