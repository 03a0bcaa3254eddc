// Reads a policy file. All its mistakes are told at once, each with its place.
#pragma once

#include "client/policy/policy.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

/// A mistake in a policy file.
struct Problem {
  int line = 0; ///< from 1; 0: the file as a whole
  int column = 0;
  std::string text{};

  /// "FILE:LINE:COLUMN: what is wrong; allowed: …", as compilers write it.
  std::string in(std::string_view file) const;
};

/// A policy, or what is wrong with it.
struct LoadedPolicy {
  Policy policy{};                 ///< whole only if there are no problems
  std::vector<Problem> problems{}; ///< in the file's order
};

/// Reads a policy from its text. What a file leaves out is as in the default.
LoadedPolicy load_policy(std::string_view yaml);

/// The built-in default: its text, and what it says.
std::string_view default_policy_text();
const Policy& default_policy();

} // namespace tempfail::client
