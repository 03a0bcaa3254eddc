// What a journal's next file begins with: the events without which those that follow can't be understood.
#pragma once

#include "journal/event.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace tempfail::journal {

/// The run, the servers that are there, and what their ports answer. Each line is as it was written, with its number
/// and its time, and says `again`: a reader that has it passes over it.
class JournalHead {
 public:
  /// An event that was written with this number.
  void note(const Event& event, std::uint64_t sequence);
  /// The lines, by their numbers, up to one.
  std::string lines(std::uint64_t last = UINT64_MAX) const;

 private:
  /// The line of an event of this server replaces the one before.
  void keep(std::map<std::uint32_t, std::uint64_t>& of_server, const Event& event,
            std::uint64_t sequence);
  void forget(std::map<std::uint32_t, std::uint64_t>& of_server, std::uint32_t server);

  std::map<std::uint64_t, std::string> lines_;     ///< by their numbers
  std::map<std::uint32_t, std::uint64_t> runs_;    ///< numbers of the lines: of the run
  std::map<std::uint32_t, std::uint64_t> servers_; ///< of each server's event
  std::map<std::uint32_t, std::uint64_t> listens_; ///< of the last one about its port
};

} // namespace tempfail::journal
