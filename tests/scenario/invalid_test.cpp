// Every file in invalid/ is refused with exactly the messages it says itself ("# expect: LINE:COLUMN: …");
// an expectation that ends with "…" gives the beginning.
#include "scenario/loader.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

using namespace tempfail::scenario;

namespace {

std::vector<std::string> expected_in(const std::string& text) {
  constexpr std::string_view mark = "# expect: ";
  std::vector<std::string> expected;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(mark)) expected.push_back(line.substr(mark.size()));
  return expected;
}

bool fits(std::string_view expected, std::string_view said) {
  constexpr std::string_view more = "…";
  if (!expected.ends_with(more) || said == expected) return said == expected;
  return said.starts_with(expected.substr(0, expected.size() - more.size()));
}

} // namespace

TEST_CASE("wrong files are refused with every mistake at its place", "[invalid]") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SCENARIO_TESTS "/invalid")) {
    ++files;
    const std::string name = entry.path().filename().string();
    INFO(name);
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const std::vector<std::string> expected = expected_in(text);
    CHECK_FALSE(expected.empty());
    const LoadResult result = load_scenario(text, "invalid/" + name);
    CHECK(result.scenario == nullptr);
    std::vector<std::string> said;
    for (const Mistake& mistake : result.mistakes)
      said.push_back(mistake.to_string().substr(("invalid/" + name + ":").size()));
    CHECK(said.size() == expected.size());
    for (std::size_t i = 0; i < std::min(said.size(), expected.size()); ++i)
      if (!fits(expected[i], said[i])) CHECK(said[i] == expected[i]);
  }
  CHECK(files > 20);
}

TEST_CASE("a file's name must be a name", "[invalid]") {
  for (const char* file : {"x/Disk_Full.yaml", "x/-disk.yaml", "x/a--b.yaml", "x/.yaml"}) {
    const LoadResult result = load_scenario("summary: x", file);
    REQUIRE(result.mistakes.size() == 1);
    CHECK(result.mistakes[0].at.line == 0);
  }
  CHECK(load_scenario("summary: x", "disk-full-2.yaml").scenario->id() == "own/disk-full-2");
}
