// Reads the options back off a CLI11 parser.
#include "cli/options.hpp"

#include "cli/cli11.hpp"

#include <sstream>

namespace tempfail::cli {

namespace {

/// "auto|never|always" names the words that are allowed.
std::vector<std::string> words_of_type(const std::string& type_name) {
  if (type_name.find('|') == std::string::npos) return {};
  std::vector<std::string> words;
  std::istringstream parts(type_name);
  for (std::string word; std::getline(parts, word, '|');)
    words.push_back(word);
  return words;
}

OptionEntry entry_of(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_snames())
    entry.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    entry.names.push_back("--" + name);
  if (option.get_type_size() != 0) {
    entry.value = option.get_type_name();
    entry.words = words_of_type(entry.value);
  }
  entry.text = option.get_description();
  entry.default_value = option.get_default_str();
  return entry;
}

} // namespace

std::vector<OptionEntry> option_entries(const CLI::App& parser) {
  std::vector<OptionEntry> entries;
  const CLI::Option* help = parser.get_help_ptr();
  for (const CLI::Option* option : parser.get_options())
    if (option->nonpositional() && option != help) entries.push_back(entry_of(*option));
  if (help != nullptr) entries.push_back(entry_of(*help));
  return entries;
}

std::vector<std::string> given_options(const CLI::App& parser) {
  std::vector<std::string> words;
  for (const CLI::Option* option : parser.get_options()) {
    if (option->count() == 0 || !option->nonpositional()) continue;
    const std::string name = option->get_name();
    if (option->get_expected_max() == 0) {
      words.push_back(name);
      continue;
    }
    for (const std::string& value : option->results())
      words.insert(words.end(), {name, value});
  }
  return words;
}

} // namespace tempfail::cli
