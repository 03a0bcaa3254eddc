// Why something that was asked for is not done: one kind of error, whatever the skin makes of it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace tempfail::control {

/// In which way what was asked for is wrong.
enum class RefusalKind : std::uint8_t {
  unknown,  ///< there is no such thing
  invalid,  ///< the value makes no sense, or is over a limit
  conflict, ///< the thing is there, but not in a state, or not of a kind, for this
  full,     ///< a limit of this program or of the system is reached
};

class Refusal : public std::runtime_error {
 public:
  Refusal(RefusalKind kind, const std::string& what, std::string allowed = {})
      : std::runtime_error(what), kind_(kind), allowed_(std::move(allowed)) {}

  RefusalKind kind() const { return kind_; }
  /// What would be accepted: "real, manual"; empty: nothing helps.
  const std::string& allowed() const { return allowed_; }
  /// "what; allowed: …"
  std::string text() const {
    return allowed_.empty() ? what() : std::string(what()) + "; allowed: " + allowed_;
  }

 private:
  RefusalKind kind_;
  std::string allowed_;
};

} // namespace tempfail::control
