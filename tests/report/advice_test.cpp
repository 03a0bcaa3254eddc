// The plain words of a broken rule: one row for each rule of the judge, short enough to be read.
#include "report/advice.hpp"
#include "support/catch.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>
#include <set>
#include <string>

using namespace tempfail;

namespace {

std::size_t words_in(std::string_view sentence) {
  return 1 + static_cast<std::size_t>(std::count(sentence.begin(), sentence.end(), ' '));
}

} // namespace

TEST_CASE("advice_has_a_row_for_each_rule_and_no_other") {
  std::set<std::string> rules;
  for (const verdict::RuleInfo& rule : verdict::rules())
    rules.emplace(rule.id);
  std::set<std::string> advised;
  for (const report::Advice& advice : report::all_advice())
    CHECK(advised.emplace(advice.rule).second);
  CHECK(advised == rules);
}

TEST_CASE("advice_is_in_short_sentences") {
  for (const report::Advice& advice : report::all_advice()) {
    INFO(advice.rule);
    CHECK(words_in(advice.wrong) <= 32);
    CHECK(words_in(advice.to_do) <= 25);
    CHECK(advice.wrong.ends_with('.'));
    CHECK(advice.to_do.ends_with('.'));
  }
}

TEST_CASE("advice_of_an_unknown_rule_is_none") {
  CHECK(report::advice_for("no-such-rule") == nullptr);
  REQUIRE(report::advice_for("retry") != nullptr);
  CHECK(report::advice_for("retry")->rule == "retry");
}
