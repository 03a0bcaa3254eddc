// Standard output and standard error: whether a terminal is there, colours, and writes that notice
// a closed pipe or a full disk.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tempfail::cli {

/// A looks-like for a stretch of text on a terminal.
enum class Style : unsigned char { plain, bold, dim, red, green, yellow, cyan };

/// One of the two standard streams.
class StandardStream {
 public:
  /// Colours are used on a terminal, unless TERM is "dumb", and wherever FORCE_COLOR is set (0: nowhere); never where
  /// NO_COLOR is set.
  explicit StandardStream(int fd);

  /// Writes all of it. A reader that has closed its end is no error: what follows is dropped.
  /// Another error (a full disk) is remembered for error().
  void write(std::string_view text);
  /// `text` in a style, or as it is where there are no colours.
  std::string styled(Style style, std::string_view text) const;
  /// The same in a colour of somebody else's choice: the parameter of an SGR control sequence ("1;31").
  std::string coloured(std::string_view parameter, std::string_view text) const;

  bool is_terminal() const { return terminal_; }
  /// Whether a line can be drawn over: on a terminal, unless TERM is "dumb".
  bool can_redraw() const { return redraw_; }
  bool colour() const { return colour_; }
  /// Columns of the terminal, at most 99; 99 where there is none.
  std::size_t width() const;
  /// Columns of the terminal; without limit where there is none, for a program reads lines.
  std::size_t full_width() const;
  /// errno of the first write that failed, but for a closed pipe; 0: none.
  int error() const { return error_; }
  bool closed() const { return closed_; }

 private:
  int fd_;
  bool terminal_;
  bool redraw_;
  bool colour_;
  bool closed_ = false;
  int error_ = 0;
};

} // namespace tempfail::cli
