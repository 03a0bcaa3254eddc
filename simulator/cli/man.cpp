// Writes the manual pages as roff source for man(1).
#include "cli/help.hpp"
#include "cli/options.hpp"
#include "cli/text.hpp"

#include <cctype>

namespace tempfail::cli {

namespace {

/// Text as roff takes it: backslashes and hyphens escaped, no line that begins with a control
/// character.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
  }
  if (!result.empty() && (result.front() == '.' || result.front() == '\'')) result.insert(0, "\\&");
  return result;
}

std::string title_line(std::string name) {
  for (char& c : name)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return ".TH " + roff(name) + " 1 \"\" \"tempfail " TEMPFAIL_VERSION "\" \"tempfail manual\"\n";
}

std::string section(std::string name) {
  for (char& c : name)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return ".SH " + roff(name) + '\n';
}

std::string terms(const std::vector<Term>& list) {
  std::string text;
  for (const Term& term : list)
    text += ".TP\n.B " + roff(term.word) + '\n' + roff(term.meaning) + '\n';
  return text;
}

std::string paragraphs(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& entry : list)
    text += ".PP\n" + roff(entry) + '\n';
  return text;
}

std::string examples(const std::vector<Example>& list) {
  std::string text;
  for (const Example& example : list)
    text += ".PP\n" + roff(example.purpose) + ":\n.PP\n.in +4n\n.nf\n" + roff(example.command) +
            "\n.fi\n.in\n";
  return text;
}

} // namespace

std::string man_page(const Manual& manual, const CLI::App& parser) {
  std::string page = title_line("tempfail-" + manual.name);
  page +=
      section("Name") + "tempfail\\-" + roff(manual.name) + " \\- " + roff(manual.summary) + '\n';
  page += section("Synopsis") + ".B tempfail " + roff(manual.name) + "\n" + roff(manual.synopsis) +
          '\n';
  page += section("Description") + paragraphs(manual.description);
  page += section("Options");
  for (const OptionEntry& option : option_entries(parser)) {
    page += ".TP\n.B " + roff(joined(option.names, ", ")) + (option.value.empty() ? "" : " ") +
            roff(option.value) + '\n' + roff(option.text);
    if (!option.default_value.empty()) page += " Default: " + roff(option.default_value) + '.';
    page += '\n';
  }
  for (const Section& part : manual.sections)
    page += section(part.title) + paragraphs(part.paragraphs) + terms(part.terms);
  page += section("Exit status") + terms(manual.exit_codes);
  if (!manual.environment.empty()) page += section("Environment") + terms(manual.environment);
  page += section("Examples") + examples(manual.examples);
  return page + section("See also") + ".BR tempfail (1)\n";
}

std::string man_overview(const std::vector<Command>& commands) {
  std::string page = title_line("tempfail");
  page +=
      section("Name") +
      "tempfail \\- SMTP servers that fail on purpose, and a judge of the senders that meet them\n";
  page += section("Synopsis") + ".B tempfail\nCOMMAND [OPTIONS] [ARGUMENTS]\n";
  page += section("Commands");
  std::string also;
  for (const Command& command : commands) {
    page += ".TP\n.B " + roff(command.manual.name) + '\n' + roff(command.manual.summary) + '\n';
    if (!also.empty()) also += ",\n";
    also += ".BR tempfail\\-" + roff(command.manual.name) + " (1)";
  }
  return page + section("See also") + also + '\n';
}

} // namespace tempfail::cli
