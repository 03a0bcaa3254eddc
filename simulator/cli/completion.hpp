// Completion scripts, made from the parsers themselves so that they can't fall behind.
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace tempfail::cli {

std::string bash_completion(const std::vector<SubcommandEntry>& commands);
std::string zsh_completion(const std::vector<SubcommandEntry>& commands);
std::string fish_completion(const std::vector<SubcommandEntry>& commands);

/// What a value or an argument is, by the word the help texts use for it.
enum class ValueKind : unsigned char {
  none,
  file,      ///< FILE, JOURNAL, PATH
  directory, ///< DIR
  scenario,  ///< SCENARIO, NAME
  family,    ///< FAMILY
  words,     ///< a|b|c
  other,     ///< a number, a text
};
ValueKind value_kind(const std::string& value);
/// The words that may stand as an argument of a subcommand, where it is one of a few.
std::vector<std::string> argument_words(const Manual& manual);
/// What may stand after the first argument, where that is one of a few words.
ValueKind later_argument_kind(const Manual& manual);
/// A text up to its first full stop: there is one line for each option.
std::string first_sentence(const std::string& text);
/// What the arguments of a subcommand are, by its synopsis.
ValueKind argument_kind(const Manual& manual);

} // namespace tempfail::cli
