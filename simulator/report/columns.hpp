// Texts in columns, for a terminal.
#pragma once

#include "report/report.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::report {

/// Columns that a text takes.
std::size_t columns(std::string_view text);
/// `text` and as many spaces as make it `width` columns wide.
std::string padded(std::string text, std::size_t width);
/// The first `width` columns, with an ellipsis when something is left out.
std::string cut(const std::string& text, std::size_t width);
/// Lines of at most `room` columns, if their words allow it.
std::vector<std::string> wrapped(std::string rest, std::size_t room);
/// `text` in a colour (the parameter of an SGR control sequence), or as it is where there are none.
std::string painted(const TextStyle& style, std::string_view colour, std::string_view text);

} // namespace tempfail::report
