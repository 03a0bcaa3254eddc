// What notifications quote of servers' replies, held against what the servers said.
#pragma once

#include "verdict/observation.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::verdict {

/// The replies of all servers, to whomever.
class SaidReplies {
 public:
  explicit SaidReplies(const Case& observed);
  /// What is wrong with a Diagnostic-Code; empty: a server said so, or it quotes no reply. The enhanced status has to
  /// be the reply's, and of its words one at least: they may be cut, joined, shortened, and stand among others.
  std::string wrong_with(std::string_view diagnostic) const;

 private:
  std::map<int, std::vector<std::string_view>> by_code_; ///< each once
};

} // namespace tempfail::verdict
