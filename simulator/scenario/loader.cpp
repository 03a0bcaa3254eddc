// Reads a scenario file from top to bottom: what it is about, the server, the sender, the test.
#include "scenario/loader.hpp"

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "scenario/read_met.hpp"
#include "scenario/read_names.hpp"
#include "scenario/read_sender.hpp"
#include "scenario/read_server.hpp"
#include "scenario/vocabulary.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::scenario {
namespace {

using base::is_digit;

/// Words of small letters and digits, joined by hyphens.
bool is_name(std::string_view name) {
  const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
  });
  return letters && !name.empty() && !name.starts_with('-') && !name.ends_with('-') &&
         name.find("--") == name.npos;
}

/// "4.3.1", or the three digits of a reply.
bool is_status(std::string_view text) {
  if (text.size() == 3)
    return text[0] >= '2' && text[0] <= '5' && is_digit(text[1]) && is_digit(text[2]);
  if (text.size() < 5 || text[1] != '.' || (text[0] != '2' && text[0] != '4' && text[0] != '5'))
    return false;
  const std::size_t second = text.find('.', 2);
  const auto number = [](std::string_view part) {
    return !part.empty() && part.size() <= 3 && std::all_of(part.begin(), part.end(), is_digit);
  };
  return second != text.npos && number(text.substr(2, second - 2)) &&
         number(text.substr(second + 1));
}

/// Name and family from the last two parts of the file's path.
void read_path(const std::string& file, Scenario& scenario, Mistakes& mistakes) {
  const std::filesystem::path path(file);
  scenario.file = file;
  scenario.name = path.stem().string();
  scenario.family = base::printable(path.parent_path().filename().string());
  if (scenario.family.empty()) scenario.family = "own"; // a file by itself
  if (!is_name(scenario.name))
    mistakes.add({}, "`" + scenario.name + "` is not a valid name for a scenario",
                 "lower-case letters, digits and hyphens: disk-full.yaml");
}

std::optional<std::string> read_summary(const Value& value, Mistakes& mistakes) {
  auto summary = read_text(value, "summary", mistakes);
  if (summary && summary->find('\n') != std::string::npos)
    mistakes.add(value.at, "a summary is one line", "more in `description`");
  return summary;
}

/// Texts for people: a stranger's file must not draw on a terminal with them.
void read_about(const Map& map, Scenario& scenario, Mistakes& mistakes) {
  if (const Value* const summary = map.find("summary"))
    scenario.summary = base::printable(read_summary(*summary, mistakes).value_or(""));
  if (const Value* const description = map.find("description"))
    scenario.description =
        base::printable(read_text(*description, "description", mistakes).value_or(""), "\n");
  if (const Value* const status = map.find("status"))
    for_one_or_many(*status, "status", mistakes, [&](const Value& item) {
      if (item.is_scalar() && is_status(item.text))
        scenario.statuses.push_back(item.text);
      else
        note_wrong(item, "status", "4.3.1, 431, [4.3.1, 431]", mistakes);
    });
  if (const Value* const sources = map.find("sources"))
    for_one_or_many(*sources, "source", mistakes, [&](const Value& item) {
      if (const auto source = read_text(item, "source", mistakes))
        scenario.sources.push_back(base::printable(*source));
    });
}

} // namespace

LoadResult load_scenario(std::string_view text, const std::string& file) {
  Mistakes mistakes(file);
  auto scenario = std::make_shared<Scenario>();
  read_path(file, *scenario, mistakes);
  scenario->server.extensions = default_extensions();
  scenario->text = text;
  if (const auto document = parse_document(text, mistakes)) {
    scenario->meaning_hash = hash_of(*document);
    const Map map(*document, map_kind("file"), mistakes);
    read_about(map, *scenario, mistakes);
    if (const Value* const server = map.find("server"))
      scenario->server = read_server(*server, mistakes);
    read_hosts_and_names(map, *scenario, mistakes);
    if (const Value* const met = map.find("met"))
      scenario->met = read_met(*met, *scenario, mistakes);
    if (const Value* const sender = map.find("sender")) read_sender(*sender, *scenario, mistakes);
    if (const Value* const test = map.find("test"))
      scenario->test = read_test_plan(*test, mistakes);
  }
  if (mistakes.none()) return {std::move(scenario), {}};
  return {nullptr, mistakes.take()};
}

} // namespace tempfail::scenario
