// tempfail list: the catalogue as a table of contents.
#include "base/ascii.hpp"
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/families.hpp"
#include "cli/scenario_json.hpp"
#include "cli/text.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

namespace tempfail::cli {

namespace {

using Json = nlohmann::ordered_json;
using scenario::ScenarioPtr;

struct ListOptions {
  CatalogueOptions catalogue;
  std::vector<std::string> patterns;
  std::string family;
  std::string status;
  std::vector<std::string> words; ///< all of them must occur
  bool json = false;
  bool names = false;
  bool families = false;
  bool own_port = false;
  bool rules = false;
};

/// "4.3.1", "431", "4.3" and "4.3.x" against the statuses of a scenario, either notation.
bool shows_status(const scenario::Scenario& scenario, std::string wanted) {
  const auto digits = [](std::string_view text) {
    std::string result;
    for (const char c : text)
      if (c >= '0' && c <= '9') result += c;
    return result;
  };
  const bool prefix = wanted.find_first_of("xX*") != std::string::npos ||
                      std::count(wanted.begin(), wanted.end(), '.') == 1;
  const std::string plain = digits(wanted);
  return std::any_of(scenario.statuses.begin(), scenario.statuses.end(), [&](const auto& status) {
    const std::string shown = digits(status);
    return prefix ? shown.starts_with(plain) : shown == plain;
  });
}

/// All that can be searched: name, family with its title, statuses, sources and texts.
std::string searchable(const scenario::Scenario& scenario) {
  return base::lower(scenario.id() + '\n' + family_title(scenario.family) + '\n' +
                     joined(scenario.statuses, " ") + '\n' + joined(scenario.sources, "\n") + '\n' +
                     scenario.summary + '\n' + scenario.description);
}

bool has_words(const scenario::Scenario& scenario, const std::vector<std::string>& words) {
  const std::string text = searchable(scenario);
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return text.find(base::lower(word)) != std::string::npos;
  });
}

std::vector<ScenarioPtr> chosen(const ListOptions& options, const scenario::Catalogue& catalogue) {
  std::vector<ScenarioPtr> result = choose(catalogue, options.patterns);
  if (!options.family.empty()) {
    std::set<std::string> families;
    for (const ScenarioPtr& scenario : catalogue.all())
      families.insert(scenario->family);
    if (!families.contains(options.family)) {
      const std::vector<std::string> known(families.begin(), families.end());
      throw UsageError("no family is called " + options.family + "; there are " +
                       joined(known, ", "));
    }
    std::erase_if(result, [&](const auto& s) { return s->family != options.family; });
  }
  if (options.own_port)
    std::erase_if(result, [](const auto& s) { return !scenario::needs_own_port(s->server); });
  if (!options.status.empty()) {
    std::erase_if(result, [&](const auto& s) { return !shows_status(*s, options.status); });
    if (result.empty())
      throw UsageError("no scenario shows the status " + options.status +
                       "; tempfail list shows them all");
  }
  if (!options.words.empty()) {
    std::erase_if(result, [&](const auto& s) { return !has_words(*s, options.words); });
    if (result.empty())
      throw UsageError("no scenario contains " + joined(options.words, " and ") +
                       "; tempfail list shows them all");
  }
  return result;
}

void print_contents(const std::vector<ScenarioPtr>& scenarios, StandardStream& out) {
  std::size_t name_width = 0;
  std::size_t status_width = 0;
  std::set<std::string> families;
  for (const ScenarioPtr& scenario : scenarios) {
    name_width = std::max(name_width, columns(scenario->name));
    status_width = std::max(status_width, columns(joined(scenario->statuses, " ")));
    families.insert(scenario->family);
  }
  status_width = std::min<std::size_t>(status_width, 17);
  const std::size_t left = 2 + name_width + 2 + status_width + 2;
  const std::size_t summary_width =
      std::max<std::size_t>(out.full_width() - std::min(left, out.full_width()), 30);
  std::string text;
  std::string family;
  for (const ScenarioPtr& scenario : scenarios) {
    if (scenario->family != family) {
      family = scenario->family;
      if (!text.empty()) text += '\n';
      text += out.styled(Style::bold, family_title(family)) +
              out.styled(Style::dim, "  " + family + "/*") + '\n';
    }
    const std::vector<std::string> lines = wrapped(scenario->summary, summary_width);
    text += "  " + out.styled(Style::cyan, scenario->name) +
            std::string(name_width - columns(scenario->name) + 2, ' ') +
            padded(cut(joined(scenario->statuses, " "), status_width), status_width) + "  " +
            (lines.empty() ? "" : lines.front()) + '\n';
    for (std::size_t i = 1; i < lines.size(); ++i)
      text += std::string(left, ' ') + lines[i] + '\n';
  }
  text += '\n' + std::to_string(scenarios.size()) +
          (scenarios.size() == 1 ? " scenario in " : " scenarios in ") +
          std::to_string(families.size()) + (families.size() == 1 ? " family" : " families") +
          ". Details: tempfail show NAME\n";
  out.write(text);
}

int list_rules(bool json, StandardStream& out) {
  Json array = Json::array();
  std::string text;
  for (const verdict::RuleInfo& rule : verdict::rules()) {
    array.push_back({{"id", rule.id},
                     {"requirement", rule.requirement},
                     {"source", rule.source},
                     {"keyword", to_string(rule.keyword)},
                     {"level", rule.level == scenario::Level::must ? "must" : "should"},
                     {"reason", rule.reason},
                     {"always", rule.always}});
    if (!text.empty()) text += '\n';
    text += out.styled(Style::cyan, rule.id) + "  level " +
            std::string(verdict::level_word(rule.level)) +
            (rule.always ? " in every scenario" : " if a scenario expects it") + '\n';
    text += paragraph(rule.requirement, 4, out.width());
    text += paragraph("Source: " + verdict::cited(rule.source, rule.keyword) + ".", 4, out.width());
    if (!rule.reason.empty())
      text += paragraph("Reason: " + std::string(rule.reason) + ".", 4, out.width());
  }
  out.write(json ? dump(array) : text);
  return exit_ok;
}

int list(const ListOptions& options, StandardStream& out) {
  if (options.rules) return list_rules(options.json, out);
  const scenario::Catalogue catalogue = load_catalogue(options.catalogue);
  const std::vector<ScenarioPtr> scenarios = chosen(options, catalogue);
  if (options.json) {
    Json array = Json::array();
    for (const ScenarioPtr& scenario : scenarios)
      array.push_back(to_json(*scenario));
    out.write(dump(array));
  } else if (options.names || options.families) {
    std::string text;
    std::string last;
    for (const ScenarioPtr& scenario : scenarios) {
      const std::string& entry = options.families ? scenario->family : scenario->name;
      if (entry != last) text += entry + '\n';
      last = entry;
    }
    out.write(text);
  } else {
    print_contents(scenarios, out);
  }
  return exit_ok;
}

Manual list_manual() {
  Manual manual;
  manual.name = "list";
  manual.summary = "list the scenarios, family by family";
  manual.synopsis = "[OPTIONS] [SCENARIO|FAMILY|GLOB...]";
  manual.description = {
      "Lists scenarios: the name to use on the command line, the status codes that a sender sees, "
      "and what happens. Without arguments it lists all of them.",
      "With --rules it lists the rules by which a sender is judged instead."};
  manual.exit_codes = exit_codes("");
  manual.environment = common_environment();
  manual.examples = {
      {"All scenarios", "tempfail list"},
      {"Every scenario with the status 4.3.1, in either notation", "tempfail list --status 4.3.1"},
      {"Every scenario about greylisting", "tempfail list --search greylist"},
      {"One family, for a script", "tempfail list --family permanent --json"},
      {"The rules of the judge", "tempfail list --rules"}};
  return manual;
}

} // namespace

Command make_list() {
  auto options = std::make_shared<ListOptions>();
  Command command;
  command.manual = list_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("SCENARIO", options->patterns);
    parser.add_option("--family", options->family, "Only the scenarios of this family.")
        ->type_name("FAMILY");
    parser
        .add_option("--status", options->status,
                    "Only scenarios with this status: 4.3.1, 431, or 4.3.x for every status that "
                    "begins with 4.3.")
        ->type_name("CODE");
    parser
        .add_option(
            "--search", options->words,
            "Only scenarios with this text in their name, family, status codes, sources, "
            "summary or description, ignoring case. Given more than once: with all of them.")
        ->type_name("WORD")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    parser.add_flag("--json", options->json,
                    "Print JSON: an array of objects, one for each line of the list.");
    parser.add_flag("--names", options->names, "Print only the names, one on each line.");
    parser.add_flag("--families", options->families,
                    "Print the names of the families, one on each line.");
    parser.add_flag("--own-port", options->own_port,
                    "Only scenarios that the shared port of serve can't show, because they fail "
                    "before a recipient is named.");
    parser.add_flag("--rules", options->rules, "List the rules of the judge.");
    add_catalogue_options(parser, options->catalogue);
  };
  command.run = [options](Invocation& invocation) { return list(*options, invocation.out); };
  return command;
}

} // namespace tempfail::cli
