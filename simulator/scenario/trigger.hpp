// When, of the times that a rule could fire, it does.
#pragma once

#include "scenario/units.hpp"

#include <cstdint>
#include <optional>

namespace tempfail::scenario {

/// By what a rule's attempts, windows and chances are told apart.
enum class KeyedBy : std::uint8_t {
  envelope,  ///< sender and recipients known so far; before MAIL: the client
  sender,    ///< the reverse-path
  recipient, ///< the current recipient; at data and later the first accepted one
  client,    ///< the client's address
  message,   ///< Message-ID, else the content's hash; before the content: the envelope
  connection,
  scenario, ///< one count for all
};

/// When, of the times its condition holds, a rule fires. Empty: always. All that is set must hold.
struct Trigger {
  std::optional<Range<std::uint64_t>> attempts; ///< the how-many-eth time; `times: 2` is 1..2
  std::optional<std::uint64_t> every;           ///< each n-th time
  std::optional<double> chance;                 ///< 0..1, drawn from the run's seed
  std::optional<Range<Duration>> during;        ///< since this key's first contact
  std::optional<KeyedBy> per;                   ///< default: envelope

  bool always() const { return !attempts && !every && !chance && !during; }
};

} // namespace tempfail::scenario
