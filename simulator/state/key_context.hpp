// What a session knows when it asks about a state: the keys by which things are told apart.
#pragma once

#include <cstdint>
#include <string_view>

namespace tempfail::state {

/// The views live as long as the question is put together.
struct KeyContext {
  std::string_view client; ///< address
  std::uint64_t connection = 0;
  std::string_view sender; ///< reverse-path; has_sender tells "<>" from "not yet known"
  bool has_sender = false;
  std::string_view recipient; ///< the current one; at data and later the first accepted one
  std::string_view
      envelope_recipients;  ///< all accepted ones, sorted, joined by ' '; empty before data
  std::string_view message; ///< Message-ID or hash; empty before the content is there
};

} // namespace tempfail::state
