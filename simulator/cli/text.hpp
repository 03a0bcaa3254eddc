// Small helpers for text that people read: wrapping, columns, near misses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

/// Columns `text` takes on a terminal: its UTF-8 characters.
std::size_t columns(std::string_view text);
/// `text` and as many spaces as make it `width` columns wide.
std::string padded(std::string_view text, std::size_t width);
/// `text` cut to `width` columns, with an ellipsis where something is missing.
std::string cut(std::string_view text, std::size_t width);
/// Lines of at most `width` columns, broken between words; an overlong word has a line of its own.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);
/// The same, joined: every line behind `indent` spaces and ended by a line feed.
std::string paragraph(std::string_view text, std::size_t indent, std::size_t width);
/// "1 message", "2 messages": for words whose plural is made with an s.
std::string counted(std::uint64_t count, std::string_view word);
/// "3600", "0.5": without a decimal point where none is needed.
std::string plain_number(double number);
std::string joined(std::span<const std::string> parts, std::string_view separator);
/// The entry of `known` that `word` was most likely meant to be; empty when none is near.
std::string nearest(std::string_view word, std::span<const std::string> known);
/// The words as a shell would take them: quoted where they need it.
std::string shell_quoted(std::span<const std::string> words);

} // namespace tempfail::cli
