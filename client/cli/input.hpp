// What a command reads: files by name, and the text of a message, checked before anything is done with it.
#pragma once

#include <cstddef>
#include <fstream>
#include <iosfwd>
#include <string>
#include <string_view>

namespace tempfail::client {

/// The largest message taken, in bytes: what one mistake can use up at most.
inline constexpr std::size_t largest_message = std::size_t{256} << 20U;

/// Opens a file to read from; why it can't be read is told as a CommandError.
std::ifstream open_input(const std::string& path);

/// The whole text of a message from `in`, which is called `name`. `dot_ends`: a line with a single dot ends it.
std::string read_message(std::istream& in, bool dot_ends, const std::string& name);

/// Tells as a CommandError what in a message no mail can carry: nothing at all, a NUL byte, a line over 998 bytes.
void check_message(std::string_view text, const std::string& name);

} // namespace tempfail::client
