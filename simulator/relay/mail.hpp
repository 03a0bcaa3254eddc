// A message that a simulated host forwards, and what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::relay {

/// Envelope and content.
struct Mail {
  std::string sender;                  ///< reverse-path; empty for <>
  std::vector<std::string> recipients; ///< at least one
  std::string content;                 ///< lines ended by CR LF, dots not stuffed
};

/// What the next host made of it.
struct Outcome {
  int code = 0;      ///< of the reply that decided; 0: there was none
  std::string reply; ///< that reply, its lines joined by '\n'; without a code: why there is none
  std::vector<std::string> refused; ///< recipients refused for good, where others were accepted

  bool accepted() const { return code >= 200 && code < 300; }
  bool refused_for_good() const { return code >= 500 && code < 600; }
};

} // namespace tempfail::relay
