// Chooses among scenarios.
#include "cli/narrowing.hpp"

#include "base/ascii.hpp"
#include "cli/cli11.hpp"
#include "cli/error.hpp"
#include "cli/read_file.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace tempfail::cli {

namespace {

using scenario::ScenarioPtr;

/// A source as it is compared: "RFC 5321 section 4.5.4.1" and "rfc5321 4.5.4.1" are both {rfc5321, 4.5.4.1}.
std::vector<std::string> words_of(std::string_view source) {
  std::vector<std::string> words(1);
  for (const char c : source) {
    if (base::is_letter(c) || base::is_digit(c) || c == '.')
      words.back() += base::lower(c);
    else if (words.back() == "section" || words.back() == "sections")
      words.back().clear();
    else if (!words.back().empty() && words.back() != "rfc") // its number belongs to it
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// Section 4.5.4 is section 4.5.4.1, too; 4.5 is not 4.55.
bool is_part_of(const std::string& word, const std::string& wanted) {
  return word == wanted || word.starts_with(wanted + ".");
}

/// Whether all that is wanted stands there, a section behind the document that it is of.
bool names_source(std::string_view source, const std::vector<std::string>& wanted) {
  std::string document;
  std::vector<std::string> sections;
  const auto is_here = [&](const std::string& one) {
    return one == document ||
           std::any_of(sections.begin(), sections.end(),
                       [&](const auto& section) { return is_part_of(section, one); });
  };
  const auto all_here = [&] { return std::all_of(wanted.begin(), wanted.end(), is_here); };
  for (std::string& word : words_of(source)) {
    if (word.starts_with("rfc")) {
      if (all_here()) return true;
      document = std::move(word);
      sections.clear();
    } else {
      sections.push_back(std::move(word));
    }
  }
  return all_here();
}

/// The scenario's own sources, and those of the rules that it expects.
bool is_about(const scenario::Scenario& scenario, const std::vector<std::string>& wanted) {
  if (std::any_of(scenario.sources.begin(), scenario.sources.end(),
                  [&](const std::string& source) { return names_source(source, wanted); }))
    return true;
  return std::any_of(scenario.sender.begin(), scenario.sender.end(), [&](const auto& expected) {
    const verdict::RuleInfo* rule = verdict::rule_info(expected.name);
    return rule != nullptr && names_source(rule->source, wanted);
  });
}

void keep_sources(std::vector<ScenarioPtr>& scenarios, const std::vector<std::string>& sources) {
  if (sources.empty()) return;
  std::vector<std::vector<std::string>> wanted;
  for (const std::string& source : sources) {
    wanted.push_back(words_of(source));
    if (wanted.back().empty())
      throw UsageError("--source needs a text, such as 'RFC 5321 4.5.4.1'");
  }
  std::erase_if(scenarios, [&](const ScenarioPtr& scenario) {
    return std::none_of(wanted.begin(), wanted.end(),
                        [&](const auto& one) { return is_about(*scenario, one); });
  });
  if (scenarios.empty())
    throw UsageError("none of the chosen scenarios is based on " + sources.front() +
                     "; tempfail show NAME and tempfail list --rules name the sources");
}

/// The cases of a report that did not end well.
std::set<std::string> failed_in(const std::filesystem::path& file) {
  std::error_code missing;
  if (!std::filesystem::exists(file, missing))
    throw UsageError("--last-failed: there is no report of an earlier run at " + file.string());
  const std::set<std::string> bad = {"fail", "error", "undecided", "unexpected-pass"};
  std::set<std::string> failed;
  try {
    const nlohmann::json report = nlohmann::json::parse(read_file(file));
    for (const nlohmann::json& one : report.at("cases"))
      if (bad.contains(one.at("result").get<std::string>()))
        failed.insert(one.at("scenario").get<std::string>());
  } catch (const nlohmann::json::exception&) {
    throw UsageError("--last-failed: " + file.string() + " is not a report of tempfail test");
  }
  return failed;
}

void keep_failed(std::vector<ScenarioPtr>& scenarios, const std::filesystem::path& directory) {
  const std::set<std::string> failed = failed_in(directory / "report.json");
  std::erase_if(scenarios, [&](const ScenarioPtr& one) { return !failed.contains(one->name); });
  if (scenarios.empty())
    throw UsageError("--last-failed: none of the chosen scenarios failed in the last run");
}

/// "2/5" as its two numbers; nothing: it is not that.
std::optional<report::Shard> parse_shard(const std::string& text) {
  const auto number = [](std::string_view digits) -> std::optional<std::size_t> {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto part = number(std::string_view(text).substr(0, slash));
  const auto parts = number(std::string_view(text).substr(slash + 1));
  if (!part || !parts || *part == 0 || *part > *parts || *parts > report::shards_at_most)
    return std::nullopt;
  return report::Shard{*part, *parts};
}

/// Every so-manieth, so that long cases, which stand together, are spread over the shards.
void keep_shard(std::vector<ScenarioPtr>& scenarios, const std::string& text) {
  if (text.empty()) return;
  const auto shard = parse_shard(text);
  if (!shard) throw UsageError("--shard " + text + " is not a valid part; allowed: 1/3, 2/3, 3/3");
  std::vector<ScenarioPtr> kept;
  for (std::size_t i = shard->number - 1; i < scenarios.size(); i += shard->total)
    kept.push_back(scenarios[i]);
  if (kept.empty())
    throw UsageError("--shard " + text + ": there are only " + std::to_string(scenarios.size()) +
                     " scenarios");
  scenarios = std::move(kept);
}

} // namespace

void add_narrowing_options(CLI::App& parser, Narrowing& options) {
  parser
      .add_option("--source", options.sources,
                  "Only scenarios that cite this source, or that expect a rule of the judge that "
                  "cites it, such as 'RFC 5321 4.5.4.1'. May be given more than once.")
      ->type_name("TEXT")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  parser.add_flag(
      "--last-failed", options.last_failed,
      "Only scenarios that failed, were undecided or could not be run in the last report in "
      "--report-dir.");
  parser
      .add_option("--shard", options.shard,
                  "Only one part of the scenarios, so that several machines share the work: 2/5 is "
                  "the second of five parts. Every scenario is in exactly one part.")
      ->type_name("PART/PARTS");
}

report::Shard shard_of(const Narrowing& options) {
  return parse_shard(options.shard).value_or(report::Shard());
}

std::vector<ScenarioPtr> narrow(std::vector<ScenarioPtr> scenarios, const Narrowing& options,
                                const std::filesystem::path& report_directory) {
  keep_sources(scenarios, options.sources);
  if (options.last_failed) keep_failed(scenarios, report_directory);
  keep_shard(scenarios, options.shard);
  return scenarios;
}

} // namespace tempfail::cli
