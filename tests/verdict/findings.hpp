// Scenarios with nothing but expectations, and what the judge found of one rule.
#pragma once

#include "support/catch.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::verdict::test {

inline scenario::Scenario expecting(std::vector<scenario::Expectation> expectations) {
  scenario::Scenario scenario;
  scenario.name = "case";
  scenario.family = "tests";
  scenario.sender = std::move(expectations);
  return scenario;
}

inline scenario::Expectation must(std::string name, scenario::ExpectationValue value = {}) {
  return {std::move(name), scenario::Level::must, std::move(value), 1};
}
inline scenario::Expectation should(std::string name, scenario::ExpectationValue value = {}) {
  return {std::move(name), scenario::Level::should, std::move(value), 1};
}

/// What the sender was told about TLS, in place of what the journal says.
inline Declared told(scenario::TlsPolicy policy) {
  return {std::string(scenario::to_string(policy)), {}};
}

/// What was found of a rule; a test that asks for one that was not judged fails.
inline Finding finding(const CaseVerdict& verdict, std::string_view rule) {
  INFO("rule " << rule);
  const auto found = std::find_if(verdict.findings.begin(), verdict.findings.end(),
                                  [rule](const Finding& f) { return f.rule == rule; });
  REQUIRE(found != verdict.findings.end());
  return *found;
}

} // namespace tempfail::verdict::test
