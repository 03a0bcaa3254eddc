// tempfail explain: what a status code means, who says it, what a sender should do.
#include "explain/explain.hpp"

#include "cli/catalogue_options.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/scenario_json.hpp"
#include "cli/text.hpp"
#include "verdict/verdict.hpp"

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

/// One explanation: an entry, or for a code without one the entry of its class.
struct CodeExplanation {
  const explain::Entry* entry = nullptr;
  std::string code{}; ///< the code that was asked about; the entry's own, where it has one
  std::string registered{};

  bool by_class() const { return code != entry->status; }
};

CodeExplanation explanation_of(const explain::Entry& entry) {
  return {&entry, entry.status, entry.registered};
}

/// What is to be said of a code that only its class explains.
CodeExplanation explanation_by_class(const explain::Entry& general, std::string_view asked) {
  const std::string code(explain::code_in(asked));
  const explain::Registered* registered = explain::find_registered(code);
  if (registered == nullptr) return {&general, code, "Not defined in any standard."};
  return {&general, code,
          std::string(registered->name) + " (" + std::string(registered->source) + ")."};
}

std::vector<scenario::ScenarioPtr> scenarios_of(const CodeExplanation& about,
                                                const scenario::Catalogue& catalogue) {
  std::vector<scenario::ScenarioPtr> found;
  for (const scenario::ScenarioPtr& scenario : catalogue.all()) {
    const auto& shown = scenario->statuses;
    if (std::any_of(shown.begin(), shown.end(), [&](const std::string& status) {
          return explain::same_status(status, about.code);
        }))
      found.push_back(scenario);
  }
  return found;
}

Json explanation_json(const CodeExplanation& about, const scenario::Catalogue& catalogue) {
  Json names = Json::array();
  for (const scenario::ScenarioPtr& scenario : scenarios_of(about, catalogue))
    names.push_back(scenario->name);
  const explain::Entry& entry = *about.entry;
  return Json{{"code", about.code},
              {"status", entry.status},
              {"reply", entry.reply},
              {"title", entry.title},
              {"meaning", entry.meaning},
              {"registered", about.registered},
              {"kind", explain::to_string(entry.kind)},
              {"who", entry.who},
              {"why", entry.why},
              {"advice", entry.advice},
              {"when", entry.when},
              {"wire", entry.wire},
              {"sources", entry.sources},
              {"scenarios", std::move(names)}};
}

std::string field(const StandardStream& out, std::string_view name, std::string_view value) {
  constexpr std::size_t column = 14;
  if (value.empty()) return {};
  std::string text = paragraph(value, column, out.width());
  text.erase(0, column);
  return out.styled(Style::bold, name) + std::string(column - columns(name), ' ') + text;
}

/// "4.7.500 is in no standard; its class says:"
std::string preface(const CodeExplanation& about) {
  if (!about.by_class()) return {};
  const bool unknown = explain::find_registered(about.code) == nullptr;
  const std::string what = unknown ? " is not defined in any standard" : ": " + about.registered;
  return about.code + what + (unknown ? "; its" : " Its") + " class says:\n\n";
}

std::string page(const CodeExplanation& about, const scenario::Catalogue& catalogue,
                 const StandardStream& out) {
  const explain::Entry& entry = *about.entry;
  std::string heading = entry.status;
  if (!entry.reply.empty()) heading += " (" + entry.reply + ")";
  std::string text = preface(about) + out.styled(Style::cyan, heading) + "  " +
                     out.styled(Style::bold, entry.title) + "\n\n";
  text += field(out, "Means", entry.meaning);
  if (entry.registered != entry.meaning) text += field(out, "Registered as", entry.registered);
  text += field(out, "Sent by", entry.who);
  text += field(out, "Why", entry.why);
  text += field(out, "What to do", entry.advice);
  text += field(out, "When to retry", entry.when);
  text += field(out, "Sources", joined(entry.sources, "; "));
  if (!entry.wire.empty()) {
    text += '\n' + out.styled(Style::bold, "Looks like") + '\n';
    for (const std::string& line : entry.wire)
      text += "  " + line + '\n';
  }
  const std::vector<scenario::ScenarioPtr> scenarios = scenarios_of(about, catalogue);
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

/// What a word is that is no code: a user may ask about anything that is printed.
[[noreturn]] void complain_no_code(const std::string& word, const scenario::Catalogue& catalogue) {
  const auto rules = verdict::rules();
  if (std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return rule.id == word; }))
    throw UsageError(word + " is a rule of the judge: tempfail list --rules");
  if (catalogue.find(word)) throw UsageError(word + " is a scenario: tempfail show " + word);
  throw UsageError(word + " is not a status code; allowed: 432 (three digits), 4.3.2, 4.4.x");
}

std::vector<CodeExplanation> wanted(const ExplainOptions& options,
                                    const scenario::Catalogue& catalogue) {
  std::vector<CodeExplanation> explanations;
  if (options.all) {
    for (const explain::Entry& entry : explain::all())
      explanations.push_back(explanation_of(entry));
    return explanations;
  }
  if (options.codes.empty())
    throw UsageError("a status code is needed, such as 4.3.2 or 432 (see tempfail explain --help)");
  const std::string code = joined(options.codes, " "); // `explain 421 4.3.2` is about the 4.3.2
  for (const explain::Entry* entry : is_prefix(code) ? with_prefix(code) : explain::find_all(code))
    explanations.push_back(explanation_of(*entry));
  if (explanations.empty())
    if (const explain::Entry* general = explain::find_class(code))
      explanations.push_back(explanation_by_class(*general, code));
  if (explanations.empty()) complain_no_code(code, catalogue);
  return explanations;
}

int explain_codes(const ExplainOptions& options, StandardStream& out) {
  const scenario::Catalogue catalogue = load_catalogue(options.catalogue);
  Json array = Json::array();
  std::string text;
  for (const CodeExplanation& about : wanted(options, catalogue)) {
    if (options.json) array.push_back(explanation_json(about, catalogue));
    if (!text.empty()) text += '\n';
    text += page(about, catalogue, out);
  }
  out.write(options.json ? dump(array) : text);
  return exit_ok;
}

Manual explain_manual() {
  Manual manual;
  manual.name = "explain";
  manual.summary = "explain a status code, and what a sender should do";
  manual.synopsis = "[OPTIONS] CODE";
  manual.description = {
      "Explains a status code in either notation: as RFC 3463 writes it (4.3.2) or as three "
      "digits (432). It says what the code means, which system sends it and why, what a sender "
      "should do and when, and which scenarios show it. Many codes never appear on the wire: the "
      "sender's own system writes them in its log and its notifications. 4.4.x means every code "
      "that begins with 4.4. A code without an entry is explained by its first digit, on which a "
      "sender must act (RFC 5321 section 4.2.1), and by its name in the standards if it has one."};
  manual.exit_codes = exit_codes("");
  manual.environment = common_environment();
  manual.examples = {{"Explain a bounce", "tempfail explain 4.4.2"},
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
    parser.add_flag("--all", options->all, "Explain every code.");
    parser.add_flag("--json", options->json, "Print JSON: an array of objects, one for each code.");
    add_catalogue_options(parser, options->catalogue);
  };
  command.run = [options](Invocation& invocation) {
    return explain_codes(*options, invocation.out);
  };
  return command;
}

} // namespace tempfail::cli
