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

TEST_CASE("advice_says_which_way_a_sender_was_off") {
  const auto said = [](const char* rule, const char* actual, const char* near_miss) {
    verdict::Finding finding;
    finding.rule = rule;
    finding.actual = actual;
    finding.near_miss = near_miss;
    return std::string(report::plain_words(finding));
  };
  CHECK(said("first-retry", "the first retry for a@b.test came 1s after the failure",
             "29m 59s too early") == "Your sender retried too soon after the failure.");
  CHECK(said("first-retry", "the first retry for a@b.test came 5h after the failure",
             "1h too late") == "Your sender waited too long before its first retry.");
  CHECK(said("first-retry", "the first retry for a@b.test came 5h after the failure", "") ==
        report::advice_for("first-retry")->wrong);
  CHECK(said("delivered", "the message for a@b.test never arrived, after 3 tries", "") ==
        "The message never arrived.");
  CHECK(said("delivered", "the message for a@b.test arrived 2 times", "1 too many") ==
        "The message arrived more than once.");
  CHECK(said("tries", "the sender made 1 try for a@b.test", "2 too few")
            .starts_with("Your sender stopped trying too"));
  CHECK(said("retry", "the message for a@b.test was never retried", "") ==
        report::advice_for("retry")->wrong); // it has no directions
  CHECK(said("no-such-rule", "", "").empty());
}

TEST_CASE("advice_of_an_unknown_rule_is_none") {
  CHECK(report::advice_for("no-such-rule") == nullptr);
  REQUIRE(report::advice_for("retry") != nullptr);
  CHECK(report::advice_for("retry")->rule == "retry");
}
