// One of several processes that serve the same ports, and what it tells the one that started it.
#pragma once

#include "net/server.hpp"

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace tempfail::cli {

struct Worker {
  unsigned number = 0; ///< from 1; it stands in the journal as its node
  int to_parent = -1;  ///< a pipe
  std::shared_ptr<const net::Identity> certificate_authority;
  /// Of the first worker, in the order in which it opened them; empty: this is the first.
  std::vector<std::uint16_t> ports;

  bool is_first() const { return number == 1; }
  std::string name() const { return std::to_string(number); }
  /// One line. If nobody reads it any more, the parent has ended, and this process will, too.
  void tell(const nlohmann::ordered_json& message) const;
};

} // namespace tempfail::cli
