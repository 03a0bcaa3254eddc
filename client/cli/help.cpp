// How --help looks.
#include "client/cli/help.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <sstream>
#include <string>
#include <string_view>

namespace tempfail::client {
namespace {

constexpr std::size_t name_columns = 32;
constexpr std::size_t page_columns = 98;

/// The text in lines of at most `width`, broken between words.
std::string wrapped(const std::string& text, std::size_t width) {
  std::istringstream words{text};
  std::string result;
  std::size_t column = 0;
  for (std::string word; words >> word;) {
    const bool fits = column + 1 + word.size() <= width;
    if (column != 0) result += fits ? ' ' : '\n';
    result += word;
    column = column != 0 && fits ? column + 1 + word.size() : word.size();
  }
  return result;
}

/// "1 to 65535" of a type name with a check behind it, "UINT:INT in [1 - 65535]"; "" when no numbers bound it.
std::string limits(const std::string& type) {
  const auto colon = type.find(':');
  if (colon == std::string::npos) return {};
  std::string check = type.substr(colon + 1);
  const auto begin = check.find(" in [");
  const auto dash = check.find(" - ");
  if (begin != std::string::npos && dash != std::string::npos && check.back() == ']') {
    return check.substr(begin + 5, dash - begin - 5) + " to " +
           check.substr(dash + 3, check.size() - dash - 4);
  }
  return check.find(" to ") != std::string::npos ? check : std::string{};
}

class Style final : public CLI::Formatter {
 public:
  Style() {
    column_width(name_columns);
    label("Positionals", "Arguments");
    label("SUBCOMMAND", "COMMAND");
    for (const char* number : {"UINT", "INT", "FLOAT"})
      label(number, "N");
  }

  std::string make_description(const CLI::App* app) const override {
    return wrapped(app->get_description(), page_columns) + "\n\n";
  }
  std::string make_footer(const CLI::App* app) const override {
    const std::string footer = wrapped(app->get_footer(), page_columns);
    return footer.empty() ? footer : footer + '\n';
  }
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override {
    std::string text = CLI::Formatter::make_subcommands(app, mode);
    constexpr std::string_view heading = "Subcommands:";
    if (const auto at = text.find(heading); at != std::string::npos)
      text.replace(at, heading.size(), "Commands:");
    return text;
  }
  std::string make_subcommand(const CLI::App* command) const override {
    std::ostringstream out;
    CLI::detail::format_help(out, command->get_name(),
                             wrapped(command->get_description(), page_columns - name_columns),
                             name_columns);
    return out.str();
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return {};
    // A positional argument is called what it is.
    if (option->get_positional()) return {};
    const std::string type = option->get_type_name();
    const std::string name = get_label(type.substr(0, type.find(':')));
    return name.empty() ? name : ' ' + name;
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    if (const std::string bounds = limits(option->get_type_name()); !bounds.empty())
      text += " (" + bounds + ')';
    if (option->get_required()) text += " (required)";
    if (!option->get_default_str().empty()) text += " [" + option->get_default_str() + ']';
    return wrapped(text, page_columns - name_columns);
  }
};

} // namespace

void set_help_style(CLI::App& app) {
  app.formatter(std::make_shared<Style>());
  app.set_help_flag("-h,--help", "Show this page");
}

} // namespace tempfail::client
