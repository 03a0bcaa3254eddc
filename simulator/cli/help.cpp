// Lays out manual pages for the terminal.
#include "cli/help.hpp"

#include "cli/options.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <string_view>

namespace tempfail::cli {

namespace {

constexpr std::size_t indent = 2;
constexpr std::size_t term_indent = 6;

std::string heading(std::string_view title, const Emphasis& emphasis) {
  return '\n' + emphasis(title) + '\n';
}

/// A list in two columns when the words are short, else the meaning below the word.
std::string term_list(const std::vector<Term>& terms, std::size_t width, const Emphasis& emphasis) {
  constexpr std::size_t widest_word = 18;
  std::size_t longest = 0;
  for (const Term& term : terms)
    longest = std::max(longest, columns(term.word));
  std::string text;
  for (const Term& term : terms) {
    if (longest > widest_word) {
      text += std::string(indent, ' ') + emphasis(term.word) + '\n';
      text += paragraph(term.meaning, term_indent, width);
      continue;
    }
    const std::size_t column = indent + longest + 2;
    std::string meaning = paragraph(term.meaning, column, width);
    meaning.erase(0, column);
    text += std::string(indent, ' ') + emphasis(term.word) +
            std::string(longest + 2 - columns(term.word), ' ') + meaning;
  }
  return text;
}

std::string option_list(const CLI::App& parser, std::size_t width, const Emphasis& emphasis) {
  std::string text;
  for (const OptionEntry& option : option_entries(parser)) {
    std::string line(indent, ' ');
    line += emphasis(joined(option.names, ", "));
    if (!option.value.empty()) line += ' ' + option.value;
    std::string meaning = option.text;
    if (!option.default_value.empty()) meaning += " Default: " + option.default_value + '.';
    text += line + '\n' + paragraph(meaning, term_indent, width);
  }
  return text;
}

std::string example_list(const std::vector<Example>& examples, std::size_t width) {
  std::string text;
  for (const Example& example : examples) {
    if (!text.empty()) text += '\n';
    text += paragraph(example.purpose + ':', indent, width);
    text += std::string(term_indent, ' ') + example.command + '\n';
  }
  return text;
}

std::string paragraphs(const std::vector<std::string>& texts, std::size_t width) {
  std::string result;
  for (const std::string& text : texts) {
    if (!result.empty()) result += '\n';
    result += paragraph(text, indent, width);
  }
  return result;
}

} // namespace

std::string help_page(const Manual& manual, const CLI::App& parser, std::size_t width,
                      const Emphasis& emphasis) {
  std::string page = emphasis("tempfail " + manual.name) + " - " + manual.summary + '\n';
  page += heading("Usage", emphasis);
  page += "  tempfail " + manual.name + ' ' + manual.synopsis + '\n';
  page += heading("Description", emphasis) + paragraphs(manual.description, width);
  page += heading("Options", emphasis) + option_list(parser, width, emphasis);
  for (const Section& section : manual.sections) {
    page += heading(section.title, emphasis) + paragraphs(section.paragraphs, width);
    if (!section.terms.empty() && !section.paragraphs.empty()) page += '\n';
    page += term_list(section.terms, width, emphasis);
  }
  page += heading("Exit status", emphasis) + term_list(manual.exit_codes, width, emphasis);
  if (!manual.environment.empty())
    page += heading("Environment", emphasis) + term_list(manual.environment, width, emphasis);
  page += heading("Examples", emphasis) + example_list(manual.examples, width);
  return page;
}

std::string overview(const std::vector<Command>& commands, std::size_t width,
                     const Emphasis& emphasis) {
  std::string page = emphasis("tempfail") +
                     " - SMTP servers that fail on purpose, and a judge of the senders that meet "
                     "them\n";
  page += heading("Usage", emphasis) + "  tempfail COMMAND [OPTIONS] [ARGUMENTS]\n";
  std::vector<Term> terms;
  for (const Command& command : commands)
    terms.push_back({command.manual.name, command.manual.summary});
  terms.push_back({"help", "show the manual of a command: tempfail help serve"});
  page += heading("Commands", emphasis) + term_list(terms, width, emphasis);
  page += heading("Options", emphasis);
  page += term_list({{"--help", "Show this overview, or after a command its manual."},
                     {"--version", "Show the version."}},
                    width, emphasis);
  page += heading("Examples", emphasis);
  page += example_list(
      {{"List every scenario", "tempfail list"},
       {"Serve every scenario, each on its own port", "tempfail serve"},
       {"Judge a sender in three scenarios",
        "tempfail test disk-full greylisted healthy -- my-mailer --server {host}:{port}"},
       {"Explain status 4.3.2", "tempfail explain 4.3.2"}},
      width);
  return page;
}

} // namespace tempfail::cli
