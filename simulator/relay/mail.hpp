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

/// The next host's answer.
struct ForwardOutcome {
  int code = 0;      ///< of the deciding reply; 0: there was none
  std::string reply; ///< that reply, its lines joined by '\n'; without a code: the reason
  std::vector<std::string> refused; ///< rejected recipients (5xx), if others were accepted

  bool accepted() const { return code >= 200 && code < 300; }
  bool rejected() const { return code >= 500 && code < 600; }
};

} // namespace tempfail::relay
