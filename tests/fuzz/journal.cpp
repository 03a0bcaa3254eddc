// Fuzzes the reader of journals, and the judge with whatever it read. Invariants:
// - Whatever the bytes are, they are a journal, or refused with a reason; a line that is no event is counted.
// - Read in two pieces, cut at the end of a line, they are the same journal.
// - The judge answers, whatever a journal says; each finding that fails says what is required and what was seen.
#include "fuzz/targets.hpp"
#include "journal/reader.hpp"
#include "scenario/loader.hpp"
#include "verdict/verdict.hpp"

#include <optional>
#include <string>

namespace tempfail::fuzz {
namespace {

/// What a journal is judged by: any scenario of the catalogue.
const scenario::Scenario& scenario_number(std::size_t number) {
  static const scenario::Catalogue catalogue = scenario::Catalogue::load({});
  require(!catalogue.all().empty(), "journal: there is a catalogue");
  return *catalogue.all()[number % catalogue.all().size()];
}

std::optional<journal::Journal> read(std::string_view text) {
  try {
    return journal::Journal::decode(text);
  } catch (const journal::WrongFormat&) {
    return std::nullopt;
  }
}

void check_pieces(std::string_view text, const journal::Journal& whole) {
  const std::size_t end = text.find('\n', text.size() / 2);
  if (end == std::string_view::npos) return;
  journal::Journal pieces;
  try {
    pieces = journal::Journal::decode(text.substr(0, end + 1));
    pieces.append(text.substr(end + 1));
  } catch (const journal::WrongFormat&) {
    require(false, "journal: pieces are refused only where the whole is");
  }
  require(pieces.events().size() == whole.events().size(),
          "journal: pieces are read like the whole");
  require(pieces.unknown_events() == whole.unknown_events(),
          "journal: what is unknown is counted once");
}

} // namespace

void fuzz_journal(std::string_view input) {
  const std::size_t choice = take_byte(input);
  const std::optional<journal::Journal> journal = read(input);
  if (!journal) return;
  if (input.ends_with('\n')) check_pieces(input, *journal);
  const scenario::Scenario& scenario = scenario_number(choice);
  const verdict::CaseVerdict judged = verdict::judge(scenario, *journal);
  for (const verdict::Finding& finding : judged.findings) {
    if (finding.outcome != verdict::Outcome::fail) continue;
    require(!finding.requirement.empty() && !finding.actual.empty(),
            "journal: who fails is told what is required and what was seen");
  }
}

} // namespace tempfail::fuzz
