// tempfail show: scenarios, explained and as their files.
#include "base/printable.hpp"
#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/families.hpp"
#include "cli/scenario_json.hpp"
#include "cli/text.hpp"
#include "scenario/hosts.hpp"
#include "verdict/verdict.hpp"

#include <memory>
#include <nlohmann/json.hpp>

namespace tempfail::cli {

namespace {

struct ShowOptions {
  CatalogueOptions catalogue;
  std::string name;
  bool json = false;
  bool yaml = false;
};

std::string field(const StandardStream& out, std::string_view name, const std::string& value) {
  constexpr std::size_t column = 12;
  if (value.empty()) return {};
  std::string text = paragraph(value, column, out.width());
  text.replace(0, column, "");
  return out.styled(Style::bold, name) + std::string(column - columns(name), ' ') + text;
}

std::string expectations(const std::vector<scenario::Expectation>& expected, scenario::Level level,
                         const StandardStream& out) {
  std::string text;
  for (const scenario::Expectation& expectation : expected) {
    if (expectation.level != level) continue;
    const verdict::RuleInfo* rule = verdict::rule_info(expectation.name);
    text += "  " + out.styled(Style::bold, level == scenario::Level::must ? "MUST" : "SHOULD") +
            "  " + to_text(expectation) + '\n';
    if (rule != nullptr) text += paragraph(rule->requirement, 10, out.width());
  }
  return text;
}

std::string how_to_try(const scenario::Scenario& scenario) {
  if (scenario::needs_lab(scenario)) return "lab --scenario " + scenario.name;
  return "serve " + scenario.name +
         (scenario::needs_name_server(scenario) ? " --dns 5300 --port 2600" : "");
}

void print_page(const scenario::Scenario& scenario, StandardStream& out) {
  std::string text = out.styled(Style::cyan, scenario.name) + " - " + scenario.summary + "\n\n";
  if (!scenario.description.empty()) text += paragraph(scenario.description, 0, out.width()) + '\n';
  text += field(out, "Family", family_title(scenario.family) + " (" + scenario.family + ")");
  text += field(out, "Status", joined(scenario.statuses, ", "));
  text += field(out, "Sources", joined(scenario.sources, "; "));
  if (scenario::needs_own_port(scenario.server))
    text += field(out, "Port", "only its own port, because it fails before a recipient is named");
  if (scenario::needs_name_server(scenario))
    text +=
        field(out, "Names",
              scenario::needs_lab(scenario) ? "the scenario is about them"
                                            : "the scenario is about them: serve it with --dns");
  if (scenario::needs_lab(scenario))
    text += field(out, "Network", "only a lab can show it: tempfail lab");
  text += field(out, "File", base::printable(scenario.file));
  const auto chapter = [&](std::string_view title, const auto& expected) {
    text += '\n' + out.styled(Style::bold, title) + '\n';
    text += expectations(expected, scenario::Level::must, out);
    text += expectations(expected, scenario::Level::should, out);
  };
  chapter("What a correct sender does", scenario.sender);
  if (scenario.sender_required)
    chapter("If the sender requires TLS (--tls-policy required)", *scenario.sender_required);
  if (scenario.sender_verified)
    chapter("If the sender verifies certificates (--tls-policy verified)",
            *scenario.sender_verified);
  text += '\n' + out.styled(Style::bold, "The scenario file") + '\n';
  std::string source = base::printable(scenario.text, "\n");
  if (!source.ends_with('\n')) source += '\n';
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t end = source.find('\n', at) + 1;
    text += "  " + source.substr(at, end - at);
    at = end;
  }
  text += "\nTry it: tempfail " + how_to_try(scenario) + '\n';
  out.write(text);
}

int show(const ShowOptions& options, StandardStream& out) {
  const scenario::Catalogue catalogue = load_catalogue(options.catalogue);
  const std::vector<scenario::ScenarioPtr> chosen = choose(catalogue, {options.name});
  const bool several = catalogue.find(options.name) == nullptr; // a family or a glob
  if (options.yaml && several && chosen.size() > 1)
    throw UsageError("--yaml prints one file, and " + options.name + " names " +
                     std::to_string(chosen.size()) + " scenarios; tempfail list " + options.name +
                     " shows them");
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const scenario::ScenarioPtr& scenario : chosen) {
    if (options.yaml) {
      out.write(scenario->text);
    } else if (options.json) {
      nlohmann::ordered_json value = to_json(*scenario);
      value["yaml"] = scenario->text;
      array.push_back(std::move(value));
    } else {
      if (scenario != chosen.front()) out.write("\n");
      print_page(*scenario, out);
    }
  }
  if (options.json) out.write(dump(several ? array : array.front()));
  return exit_ok;
}

Manual show_manual() {
  Manual manual;
  manual.name = "show";
  manual.summary = "explain a scenario, and show its file";
  manual.synopsis = "[OPTIONS] SCENARIO|FAMILY|GLOB";
  manual.description = {
      "Shows what a scenario does, its sources, what a correct sender does, and "
      "the scenario file itself, which is a good start for your own (tempfail "
      "show NAME --yaml). With a family or a glob it shows each of those scenarios."};
  manual.exit_codes = exit_codes("");
  manual.environment = common_environment();
  manual.examples = {
      {"Read about a full disk", "tempfail show disk-full"},
      {"Read about a whole family", "tempfail show disk"},
      {"Start your own scenario from it",
       "mkdir -p mine/disk && tempfail show disk-full --yaml > mine/disk/my-disk.yaml"}};
  return manual;
}

} // namespace

Command make_show() {
  auto options = std::make_shared<ShowOptions>();
  Command command;
  command.manual = show_manual();
  command.add_options = [options](CLI::App& parser) {
    parser.add_option("SCENARIO", options->name)->required();
    auto* json = parser.add_flag("--json", options->json,
                                 "Print JSON: an object that includes the file's text; an array of "
                                 "objects for a family or a glob.");
    parser.add_flag("--yaml", options->yaml, "Print only the scenario file, unchanged.")
        ->excludes(json);
    add_catalogue_options(parser, options->catalogue);
  };
  command.run = [options](Invocation& invocation) { return show(*options, invocation.out); };
  return command;
}

} // namespace tempfail::cli
