// Which answers a line of --expected-failures covers.
#include "support/catch.hpp"
#include "verdict/expected_answer.hpp"

using namespace tempfail::verdict;
using tempfail::scenario::Level;

namespace {

CaseVerdict verdict_with(std::vector<std::pair<std::string, Outcome>> findings,
                         Level level = Level::must) {
  CaseVerdict verdict;
  for (auto& [rule, outcome] : findings) {
    verdict.findings.emplace_back();
    verdict.findings.back().rule = rule;
    verdict.findings.back().outcome = outcome;
    verdict.findings.back().level = level;
  }
  return verdict;
}

const CaseVerdict fails = verdict_with({{"retry", Outcome::fail}, {"delivered", Outcome::pass}});
const CaseVerdict fails_twice =
    verdict_with({{"retry", Outcome::fail}, {"delivered", Outcome::fail}});
const CaseVerdict is_open = verdict_with({{"retry", Outcome::undecided}});
const CaseVerdict is_ok = verdict_with({{"retry", Outcome::pass}});

CaseVerdict not_met() {
  CaseVerdict verdict = is_ok;
  verdict.met = false;
  return verdict;
}

ExpectedAnswer line(std::string rule = {}, Answer answer = Answer::fail) {
  return {"disk-full", std::move(rule), answer, {}, false};
}
ExpectedAnswer line_of_several() {
  ExpectedAnswer made = line();
  made.of_several = true;
  return made;
}

} // namespace

TEST_CASE("expected_nothing_where_no_line_names_the_case") {
  for (const CaseVerdict& verdict : {fails, is_open, is_ok, not_met()})
    CHECK(expected(verdict, {}, false) == ExpectedMatch::no);
}

TEST_CASE("expected_a_name_covers_a_failure_and_nothing_else") {
  CHECK(expected(fails, {line()}, false) == ExpectedMatch::yes);
  CHECK(expected(fails_twice, {line()}, false) == ExpectedMatch::yes);
  CHECK(expected(is_open, {line()}, false) == ExpectedMatch::no);
  CHECK(expected(not_met(), {line()}, false) == ExpectedMatch::no);
  CHECK(expected(is_ok, {line()}, false) == ExpectedMatch::unexpected);
  CaseVerdict other = is_ok;
  other.not_applicable = "no TLS";
  CHECK(expected(other, {line()}, false) == ExpectedMatch::no);
  other.run_error = "no port";
  CHECK(expected(other, {line()}, false) == ExpectedMatch::no);
}

TEST_CASE("expected_a_pattern_covers_failures_and_asks_for_none") {
  CHECK(expected(fails, {line_of_several()}, false) == ExpectedMatch::yes);
  CHECK(expected(is_ok, {line_of_several()}, false) == ExpectedMatch::no);
  CHECK(expected(is_ok, {line_of_several(), line()}, false) == ExpectedMatch::unexpected);
}

TEST_CASE("expected_a_rule_covers_a_failure_of_that_rule_alone") {
  CHECK(expected(fails, {line("retry")}, false) == ExpectedMatch::yes);
  CHECK(expected(fails, {line("delivered")}, false) == ExpectedMatch::no);
  CHECK(expected(fails_twice, {line("retry")}, false) == ExpectedMatch::no);
  CHECK(expected(fails_twice, {line("retry"), line("delivered")}, false) == ExpectedMatch::yes);
  CHECK(expected(is_ok, {line("retry")}, false) == ExpectedMatch::unexpected);
}

TEST_CASE("expected_another_answer_where_the_line_names_it") {
  CHECK(expected(is_open, {line("", Answer::undecided)}, false) == ExpectedMatch::yes);
  CHECK(expected(is_open, {line("retry", Answer::undecided)}, false) == ExpectedMatch::yes);
  CHECK(expected(is_open, {line("tries", Answer::undecided)}, false) == ExpectedMatch::no);
  CHECK(expected(is_open, {line("", Answer::not_met)}, false) == ExpectedMatch::no);
  CHECK(expected(not_met(), {line("", Answer::not_met)}, false) == ExpectedMatch::yes);
  CHECK(expected(not_met(), {line("", Answer::undecided)}, false) == ExpectedMatch::no);
  CHECK(expected(fails, {line("", Answer::undecided)}, false) == ExpectedMatch::no);
  CHECK(expected(fails, {line("", Answer::undecided), line()}, false) == ExpectedMatch::yes);
  CHECK(expected(is_ok, {line("", Answer::not_met)}, false) == ExpectedMatch::unexpected);
}

TEST_CASE("expected_a_should_is_known_whether_it_decides_or_not") {
  const CaseVerdict advice = verdict_with({{"back-off", Outcome::fail}}, Level::should);
  CHECK(expected(advice, {line("back-off")}, true) == ExpectedMatch::yes);
  CHECK(expected(advice, {line("back-off")}, false) == ExpectedMatch::no);
  CHECK(expected(advice, {line("jitter")}, false) == ExpectedMatch::unexpected);
  CHECK(expected(advice, {line()}, false) == ExpectedMatch::unexpected);
}
