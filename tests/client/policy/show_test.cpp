// The drawing of a policy: the table, the timeline, and JSON for scripts.
#include "client/policy/load.hpp"
#include "client/policy/show.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <sstream>

using namespace tempfail::client;
using namespace std::chrono_literals;

namespace {
/// The lines of `text` that start with `prefix`.
std::vector<std::string> lines_with(const std::string& text, const std::string& prefix) {
  std::vector<std::string> found;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(prefix)) found.push_back(line);
  }
  return found;
}
} // namespace

TEST_CASE("plan_of_a_list_and_of_a_series") {
  const auto& rules = default_policy().rules;
  const auto listed = plan(default_policy(), rules[0]);
  REQUIRE(listed.size() == 5);
  CHECK(listed[4].earliest == 41h);
  const auto series = plan(default_policy(), rules.back());
  CHECK(series[1].earliest == 1h);
  CHECK(series[2].earliest == 3h);
  CHECK(series.back().earliest <= default_policy().give_up_after);
}

TEST_CASE("show_has_a_table_and_a_timeline_for_each_rule") {
  const std::string text = show_policy(default_policy(), 100);
  const auto lines = lines_with(text, "queue-stopped");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].find("4.3.2") != std::string::npos);
  CHECK(lines[0].find("1h, 4h, 12h, 1d +20%") != std::string::npos);
  CHECK(lines[1].find("0s, 1h, 5h, 17h, 1d 17h") != std::string::npos);
  CHECK(std::count(lines[2].begin(), lines[2].end(), '|') >= 4);
  for (const auto& rule : default_policy().rules)
    CHECK(lines_with(text, rule.name).size() == 3);
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    CHECK(line.size() <= 140);
}

TEST_CASE("show_survives_a_policy_of_very_many_tries") {
  const auto loaded = load_policy("rules: [{name: hasty, first: 1s}]");
  REQUIRE(loaded.problems.empty());
  CHECK_FALSE(show_policy(loaded.policy, 80).empty());
}

TEST_CASE("json_of_the_policy_names_every_try") {
  const std::string json = policy_as_json(default_policy());
  CHECK(json.find("\"give_up_after_s\": 432000.0") != std::string::npos);
  CHECK(json.find("\"earliest_s\": 147600.0") != std::string::npos);
}
