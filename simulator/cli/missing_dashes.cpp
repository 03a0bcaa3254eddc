// Finds where the command begins.
#include "cli/missing_dashes.hpp"

#include "cli/cli11.hpp"
#include "cli/find_program.hpp"
#include "cli/text.hpp"
#include "scenario/loader.hpp"

#include <algorithm>

namespace tempfail::cli {
namespace {

bool takes_value(const std::string& argument, const CLI::App* parser) {
  if (parser == nullptr || !argument.starts_with('-') || argument.find('=') != std::string::npos)
    return false;
  const CLI::Option* const option = parser->get_option_no_throw(argument);
  return option != nullptr && option->get_items_expected_max() > 0;
}

bool is_program(const std::string& argument, const scenario::Catalogue& catalogue) {
  return !argument.empty() && !argument.starts_with('-') && catalogue.select(argument).empty() &&
         !find_program(argument).empty();
}

bool has_placeholder(const std::string& argument) {
  return argument.find('{') < argument.rfind('}');
}

} // namespace

std::string missing_dashes(const std::string& name, const std::vector<std::string>& arguments,
                           const CLI::App* parser) {
  const scenario::Catalogue catalogue = scenario::Catalogue::load({});
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (takes_value(arguments[i], parser)) {
      ++i;
      continue;
    }
    if (!is_program(arguments[i], catalogue)) continue;
    std::vector<std::string> words = arguments;
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(i), "--");
    return "put -- before the sender's command: tempfail " + name + " " + shell_quoted(words);
  }
  if (std::any_of(arguments.begin(), arguments.end(), has_placeholder))
    return "put -- before the sender's command, as in: tempfail " + name +
           " disk-full -- my-mailer {host} {port}";
  return {};
}

} // namespace tempfail::cli
