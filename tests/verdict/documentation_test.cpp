// docs/verdicts.md lists every rule as the program knows it. To bring it up to date, run this test with
// TEMPFAIL_UPDATE_DOCS=1 in the environment.
#include "support/catch.hpp"
#include "verdict/verdict.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace tempfail;

namespace {

constexpr const char* file = TEMPFAIL_DOCS "/verdicts.md";
constexpr std::string_view begin_mark = "<!-- rules: begin -->\n";
constexpr std::string_view end_mark = "<!-- rules: end -->\n";

std::string table() {
  std::string out = "| rule | requirement | source | keyword | required as | judged | reason |\n"
                    "| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const verdict::RuleInfo& rule : verdict::rules()) {
    out += "| `" + std::string(rule.id) + "` | " + std::string(rule.requirement) + " | " +
           std::string(rule.source) + " | " + std::string(keyword_word(rule.keyword)) + " | " +
           std::string(verdict::level_word(rule.level)) + " | " +
           (rule.always ? "always" : "where expected") + " | " + std::string(rule.reason) + " |\n";
  }
  return out;
}

std::string read() {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

} // namespace

TEST_CASE("documentation_lists_every_rule") {
  std::string text = read();
  const std::size_t begin = text.find(begin_mark);
  const std::size_t end = text.find(end_mark);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const std::size_t at = begin + begin_mark.size();
  if (std::getenv("TEMPFAIL_UPDATE_DOCS") != nullptr) {
    text.replace(at, end - at, table());
    std::ofstream(file) << text;
  }
  text = read();
  const std::size_t now_end = text.find(end_mark);
  REQUIRE(text.substr(at, now_end - at) == table());
}
