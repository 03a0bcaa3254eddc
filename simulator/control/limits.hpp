// The limits of what is under control; defaults here and nowhere else.
#pragma once

#include <chrono>
#include <cstddef>

namespace tempfail::control {

struct Limits {
  std::size_t servers = 4096;                    ///< at once
  std::size_t scenarios = 1000;                  ///< that were put in
  std::size_t journal = std::size_t{64} << 20U;  ///< bytes of a server's journal that are kept
  std::size_t contents = std::size_t{64} << 20U; ///< bytes of a server's messages that are kept
  std::size_t messages = 10'000;                 ///< of a server that are kept
  std::size_t handovers = 1000;                  ///< that a server is told of
  std::size_t recipients = 1000;                 ///< of a handover
  std::size_t queries = 10'000;                  ///< of a name server that are kept
  std::size_t names = 1000;                      ///< that a name server is given
  std::size_t journal_marks = 10'000;            ///< of a server
  std::size_t text = 1000;                       ///< bytes of a label, an address, a parameter
  std::size_t waits = 1000;                      ///< for one server at once
  std::chrono::seconds lease{300};               ///< real time, where nothing is said
  std::chrono::seconds longest_lease{24 * 3600}; ///< real time
  std::chrono::seconds longest_wait{60};         ///< real time that an answer may take
};

} // namespace tempfail::control
