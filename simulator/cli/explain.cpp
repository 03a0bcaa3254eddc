// tempfail explain: what a status code means, who says it, what a sender should do.
#include "explain/explain.hpp"

#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/scenario_json.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;

struct ExplainOptions {
  CatalogueOptions catalogue;
  std::vector<std::string> codes;
  bool all = false;
  bool json = false;
};

/// "4.4.x" and "4.4": every entry that begins so.
std::vector<const explain::Entry*> with_prefix(std::string_view code) {
  while (!code.empty() &&
         (code.back() == 'x' || code.back() == 'X' || code.back() == '*' || code.back() == '.'))
    code.remove_suffix(1);
  std::vector<const explain::Entry*> found;
  for (const explain::Entry& entry : explain::all())
    if (entry.status.starts_with(code) &&
        (entry.status.size() == code.size() || entry.status[code.size()] == '.'))
      found.push_back(&entry);
  return found;
}

bool is_prefix(std::string_view code) {
  const auto dots = std::count(code.begin(), code.end(), '.');
  return code.find_first_of("xX*") != std::string_view::npos || (dots == 1 && code.size() > 2);
}

std::vector<scenario::ScenarioPtr> scenarios_of(const explain::Entry& entry,
                                                const scenario::Catalogue& catalogue) {
  std::vector<scenario::ScenarioPtr> found;
  for (const scenario::ScenarioPtr& scenario : catalogue.all()) {
    const auto& shown = scenario->statuses;
    if (std::any_of(shown.begin(), shown.end(), [&](const std::string& status) {
          return explain::same_status(status, entry.status);
        }))
      found.push_back(scenario);
  }
  return found;
}

std::vector<std::string> texts(std::span<const std::string_view> views) {
  return {views.begin(), views.end()};
}

Json to_json(const explain::Entry& entry, const scenario::Catalogue& catalogue) {
  Json names = Json::array();
  for (const scenario::ScenarioPtr& scenario : scenarios_of(entry, catalogue))
    names.push_back(scenario->name);
  return Json{{"status", entry.status},
              {"reply", entry.reply},
              {"title", entry.title},
              {"meaning", entry.meaning},
              {"registered", entry.registered},
              {"kind", explain::to_string(entry.kind)},
              {"who", entry.who},
              {"why", entry.why},
              {"advice", entry.advice},
              {"when", entry.when},
              {"wire", texts(entry.wire)},
              {"sources", texts(entry.sources)},
              {"scenarios", std::move(names)}};
}

std::string field(const Output& out, std::string_view name, std::string_view value) {
  constexpr std::size_t column = 14;
  if (value.empty()) return {};
  std::string text = paragraph(value, column, out.width());
  text.erase(0, column);
  return out.styled(Style::bold, name) + std::string(column - columns(name), ' ') + text;
}

std::string page(const explain::Entry& entry, const scenario::Catalogue& catalogue,
                 const Output& out) {
  std::string heading(entry.status);
  if (!entry.reply.empty()) heading += " (" + std::string(entry.reply) + ")";
  std::string text =
      out.styled(Style::cyan, heading) + "  " + out.styled(Style::bold, entry.title) + "\n\n";
  text += field(out, "Means", entry.meaning);
  if (entry.registered != entry.meaning) text += field(out, "Registered as", entry.registered);
  text += field(out, "Who says it", entry.who);
  text += field(out, "Why", entry.why);
  text += field(out, "What to do", entry.advice);
  text += field(out, "When", entry.when);
  text += field(out, "Sources", joined(texts(entry.sources), "; "));
  if (!entry.wire.empty()) {
    text += '\n' + out.styled(Style::bold, "Looks like") + '\n';
    for (const std::string_view line : entry.wire)
      text += "  " + std::string(line) + '\n';
  }
  const std::vector<scenario::ScenarioPtr> scenarios = scenarios_of(entry, catalogue);
  if (scenarios.empty()) return text;
  text += '\n' + out.styled(Style::bold, "Scenarios that show it") + '\n';
  std::size_t width = 0;
  for (const auto& scenario : scenarios)
    width = std::max(width, columns(scenario->name));
  for (const auto& scenario : scenarios)
    text += "  " + out.styled(Style::cyan, scenario->name) +
            std::string(width - columns(scenario->name) + 2, ' ') + scenario->summary + '\n';
  return text;
}

std::vector<const explain::Entry*> wanted(const ExplainOptions& options) {
  std::vector<const explain::Entry*> entries;
  if (options.all) {
    for (const explain::Entry& entry : explain::all())
      entries.push_back(&entry);
    return entries;
  }
  if (options.codes.empty())
    throw UsageError("a status code is needed, such as 4.3.2 or 432 (see tempfail explain --help)");
  const std::string code = joined(options.codes, " "); // `explain 421 4.3.2` is about the 4.3.2
  entries = is_prefix(code) ? with_prefix(code) : explain::find_all(code);
  if (entries.empty())
    if (const explain::Entry* general = explain::find_class(code)) entries.push_back(general);
  if (entries.empty())
    throw UsageError(code + " is no status code; allowed: three digits as 432, or 4.3.2, or 4.4.x");
  return entries;
}

int explain_codes(const ExplainOptions& options, Output& out) {
  const std::vector<const explain::Entry*> entries = wanted(options);
  const scenario::Catalogue catalogue = load_catalogue(options.catalogue);
  Json array = Json::array();
  std::string text;
  for (const explain::Entry* entry : entries) {
    if (options.json) array.push_back(to_json(*entry, catalogue));
    if (!text.empty()) text += '\n';
    text += page(*entry, catalogue, out);
  }
  out.write(options.json ? dump(array) : text);
  return exit_ok;
}

Manual explain_manual() {
  Manual manual;
  manual.name = "explain";
  manual.summary = "say what a status code means and what a sender should do";
  manual.synopsis = "[OPTIONS] CODE";
  manual.description = {
      "Explains a status code in either notation: as RFC 3463 writes it (4.3.2) or as three "
      "digits (432). It says what the code means, who says it (many are never said on the "
      "wire: the sender's own system writes them into its log and its notifications), why, "
      "what to do and when, and which scenarios show it. 4.4.x stands for all that begin so. "
      "A code nobody has defined is explained by its first digit, by which a sender must "
      "decide (RFC 5321 section 4.2.1)."};
  manual.exit_codes = exit_codes("");
  manual.environment = common_environment();
  manual.examples = {{"What does this bounce mean", "tempfail explain 4.4.2"},
                     {"The same in three digits", "tempfail explain 442"},
                     {"A whole group, for a script", "tempfail explain 4.4.x --json"}};
  return manual;
}

} // namespace

Command make_explain() {
  auto options = std::make_shared<ExplainOptions>();
  Command command;
  command.manual = explain_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("CODE", options->codes);
    parser.add_flag("--all", options->all, "Explain every code there is.");
    parser.add_flag("--json", options->json, "Print JSON: an array of objects, one for each code.");
    add_catalogue_options(parser, options->catalogue);
  };
  command.run = [options](Invocation& invocation) {
    return explain_codes(*options, invocation.out);
  };
  return command;
}

} // namespace tempfail::cli
