// Follows the header section of a message while it streams by: keeps it, counts its trace fields,
// and finds the empty line that ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::wire {

class HeaderScan {
 public:
  /// Takes content from where the last call ended. Appends header bytes to `kept`, which holds at
  /// most `limit`, and counts `Received:` fields. Does nothing once the section is over.
  void add(std::string_view bytes, std::string& kept, std::size_t limit, std::uint32_t& received);

  bool is_complete() const { return over_; }

 private:
  std::size_t scan(std::string_view bytes, std::uint32_t& received);

  bool over_ = false;
  std::uint8_t matched_ = 0; ///< bytes of "received:" that the current line began with
  bool matching_ = true;     ///< the current line has been "received:" so far
  bool empty_ = true;        ///< the current line has no byte but at most one CR so far
  bool cr_ = false;          ///< ... and that CR was there
};

} // namespace tempfail::wire
