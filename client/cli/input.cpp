// What a command reads: files by name, and the text of a message, checked before anything is done with it.
#include "client/cli/input.hpp"

#include "client/cli/command.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <istream>

namespace tempfail::client {
namespace {

/// RFC 5322 section 2.1.1; with its CRLF the 1000 octets of RFC 5321 section 4.5.3.1.6.
constexpr std::size_t longest_line_bytes = 998;

/// All of it, or a little more than a message may have.
std::string read_to_end(std::istream& in) {
  constexpr std::size_t piece = std::size_t{64} << 10U;
  std::string text;
  while (in && text.size() <= largest_message) {
    const std::size_t before = text.size();
    text.resize(before + piece);
    in.read(text.data() + before, piece);
    text.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

/// Lines up to the one with a single dot, or a little more than a message may have. A last line without an end gets
/// one.
std::string read_to_dot(std::istream& in) {
  std::string text;
  std::size_t line = 0; // where it begins
  const auto is_dot = [&] {
    const std::string_view last = std::string_view(text).substr(line);
    return last == "." || last == ".\r";
  };
  for (char letter = 0; text.size() <= largest_message && in.get(letter);) {
    if (letter == '\n') {
      if (is_dot()) break;
      line = text.size() + 1;
    }
    text += letter;
  }
  if (is_dot())
    text.resize(line);
  else if (line != text.size())
    text += '\n';
  return text;
}

} // namespace

std::ifstream open_input(const std::string& path) {
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) {
    throw CommandError(exit_no_input, path + ": is a directory");
  }
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in) {
    throw CommandError(exit_no_input,
                       path + ": " + (errno != 0 ? std::strerror(errno) : "can't be read"));
  }
  return in;
}

std::string read_message(std::istream& in, bool dot_ends, const std::string& name) {
  std::string text = dot_ends ? read_to_dot(in) : read_to_end(in);
  if (in.bad()) throw CommandError(exit_no_input, name + ": reading failed");
  if (text.size() > largest_message) throw CommandError(exit_data, name + ": larger than 256 MB");
  return text;
}

void check_message(std::string_view text, const std::string& name) {
  const auto wrong = [&name](const std::string& what) {
    throw CommandError(exit_data, name + ": " + what);
  };
  if (text.empty()) wrong("the message is empty");
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    wrong("has a NUL byte (offset " + std::to_string(nul) + "); a mail can't carry it");
  }
  // Lines as normalize_lines() will end them: a bare CR or LF counts as a line end.
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    if (end - begin > longest_line_bytes) {
      wrong("line " + std::to_string(number) + " has " + std::to_string(end - begin) +
            " bytes; at most " + std::to_string(longest_line_bytes));
    }
    begin = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
}

} // namespace tempfail::client
