// Scenario files as people mistype them: the catalogue's own, with lines dropped, doubled, moved and
// misspelt. The loader reads or refuses each, and what it refuses it explains. The same in each run.
#include "fuzz/targets.hpp"
#include "scenario/loader.hpp"
#include "support/catch.hpp"

#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace tempfail;

namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) {
  return static_cast<std::size_t>(random() % limit);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

void mutate(std::vector<std::string>& lines, Random& random) {
  constexpr std::string_view odd = "{}[]:,#&*!|>'\"%@`-? \t\0\x80z9";
  const std::size_t at = below(random, lines.size());
  std::string& line = lines[at];
  const auto here = lines.begin() + static_cast<std::ptrdiff_t>(at);
  switch (below(random, 7)) {
  case 0: lines.erase(here); break;
  case 1: lines.insert(here, std::string(line)); break;
  case 2: std::swap(line, lines[below(random, lines.size())]); break;
  case 3: line.insert(0, "  "); break;
  case 4: line.erase(0, std::min<std::size_t>(line.size(), 2)); break;
  case 5:
    if (!line.empty()) line[below(random, line.size())] = odd[below(random, odd.size())];
    break;
  default:
    if (!line.empty()) line.erase(below(random, line.size()), 1);
    break;
  }
}

} // namespace

TEST_CASE("mistyped files are read or refused with reasons", "[mutation]") {
  const auto files = scenario::embedded_files();
  std::size_t refused = 0;
  std::size_t read = 0;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    Random random(seed);
    std::vector<std::string> lines = lines_of(files[below(random, files.size())].text);
    for (std::size_t count = 1 + below(random, 3); count > 0 && !lines.empty(); --count)
      mutate(lines, random);
    std::string text;
    for (const std::string& line : lines)
      text += line + '\n';
    fuzz::fuzz_scenario_file(text);
    (scenario::load_scenario(text, "f/x.yaml").scenario ? read : refused) += 1;
  }
  CHECK(refused > 1000);
  CHECK(read > 100); // a reply's text may be anything
}
