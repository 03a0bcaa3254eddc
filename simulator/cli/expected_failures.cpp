// Reads the file of expected failures, and says what is wrong with it.
#include "cli/expected_failures.hpp"

#include "cli/catalogue_options.hpp"
#include "cli/error.hpp"
#include "cli/read_file.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>

namespace tempfail::cli {

namespace {

/// The answers that a line can name; without one it speaks of a FAIL.
constexpr std::array named_answers = {verdict::Answer::not_met, verdict::Answer::undecided};

std::string allowed_answers() {
  std::string text;
  for (const verdict::Answer answer : named_answers)
    text += (text.empty() ? "" : ", ") + std::string(to_string(answer));
  return text;
}

bool is_rule(std::string_view name) {
  const auto rules = verdict::rules();
  return std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return rule.id == name; });
}

/// "; did you mean retry?"; empty: no rule has a name like this.
std::string nearest_rule(const std::string& name) {
  std::vector<std::string> known;
  for (const verdict::RuleInfo& rule : verdict::rules())
    known.emplace_back(rule.id);
  const std::string near = nearest(name, known);
  return near.empty() ? "" : "; did you mean " + near + "?";
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  const std::size_t end = text.find_last_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

/// What one line says.
class Line {
 public:
  /// `where`: "known.txt:3: ".
  Line(std::string where, const scenario::Catalogue& catalogue)
      : where_(std::move(where)), catalogue_(catalogue) {}

  /// One for each scenario that the line names; none: it is empty.
  std::vector<verdict::ExpectedAnswer> read(const std::string& whole) const {
    const std::size_t comment = whole.find('#');
    std::istringstream in(whole.substr(0, comment));
    const std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
    if (words.empty()) return {};
    verdict::ExpectedAnswer line;
    if (comment != std::string::npos) line.reason = trimmed(whole.substr(comment + 1));
    const std::vector<scenario::ScenarioPtr> scenarios = read_name(words[0], line);
    if (words.size() > 1) line.answer = answer_of(words[1]);
    if (words.size() > 2)
      complain("`" + words[2] + "` is unexpected; allowed: NAME[:RULE] and one of " +
               allowed_answers() + "; # begins a comment");
    if (line.answer == verdict::Answer::not_met && !line.rule.empty())
      complain("not-met does not depend on a rule; allowed: NAME not-met, without :RULE" +
               line.rule);
    std::vector<verdict::ExpectedAnswer> lines(scenarios.size(), line);
    for (std::size_t i = 0; i < lines.size(); ++i)
      lines[i].scenario = scenarios[i]->name;
    return lines;
  }

 private:
  std::vector<scenario::ScenarioPtr> read_name(const std::string& word,
                                               verdict::ExpectedAnswer& line) const {
    const std::size_t colon = word.find(':');
    const std::string name = word.substr(0, colon);
    const std::vector<scenario::ScenarioPtr> scenarios = catalogue_.select(name);
    if (scenarios.empty())
      complain("no scenario is called " + name + suggestion(catalogue_, name) +
               "; allowed: the names and families that tempfail list shows, and patterns of them");
    note_if_former(name, scenarios);
    line.of_several = catalogue_.find(name) == nullptr;
    if (colon == std::string::npos) return scenarios;
    line.rule = word.substr(colon + 1);
    if (!is_rule(line.rule))
      complain("no rule is called " + (line.rule.empty() ? "``" : line.rule) +
               nearest_rule(line.rule) + "; allowed: the names that tempfail list --rules shows");
    return scenarios;
  }

  verdict::Answer answer_of(const std::string& word) const {
    const auto found =
        std::find_if(named_answers.begin(), named_answers.end(),
                     [&word](verdict::Answer answer) { return to_string(answer) == word; });
    if (found == named_answers.end())
      complain("`" + word + "` is not an answer that can be expected; allowed: " +
               allowed_answers() + ", or nothing for a FAIL; # begins a comment");
    return *found;
  }

  [[noreturn]] void complain(const std::string& what) const { throw UsageError(where_ + what); }

  std::string where_;
  const scenario::Catalogue& catalogue_;
};

} // namespace

ExpectedFailures ExpectedFailures::read(const std::string& file,
                                        const scenario::Catalogue& catalogue) {
  ExpectedFailures expected;
  if (file.empty()) return expected;
  std::istringstream lines(read_file(file));
  int number = 0;
  for (std::string text; std::getline(lines, text);) {
    const Line line(file + ":" + std::to_string(++number) + ": ", catalogue);
    for (verdict::ExpectedAnswer& read : line.read(text))
      expected.lines_.push_back(std::move(read));
  }
  return expected;
}

std::vector<verdict::ExpectedAnswer> ExpectedFailures::of(std::string_view scenario) const {
  std::vector<verdict::ExpectedAnswer> lines;
  std::copy_if(lines_.begin(), lines_.end(), std::back_inserter(lines),
               [&](const verdict::ExpectedAnswer& line) { return line.scenario == scenario; });
  return lines;
}

} // namespace tempfail::cli
