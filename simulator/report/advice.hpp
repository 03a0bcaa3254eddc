// What a broken rule means for people who know no SMTP, and what they can do about it.
#pragma once

#include "verdict/verdict.hpp"

#include <span>
#include <string_view>

namespace tempfail::report {

struct Advice {
  std::string_view rule;  ///< its id
  std::string_view wrong; ///< what the sender did, and what comes of it: one or two plain sentences
  std::string_view to_do; ///< where to look, in a sentence
  /// The first of `wrong` where it is known which way the sender was off: too early or too few, and too late or too
  /// many. Empty: `wrong` says it.
  std::string_view too_little = {};
  std::string_view too_much = {};
};

/// One for each rule of the judge.
std::span<const Advice> all_advice();
/// Of the rule; null: there is none.
const Advice* advice_for(std::string_view rule);
/// What the sender did, as this finding says; empty for an unknown rule.
std::string_view plain_words(const verdict::Finding& finding);

} // namespace tempfail::report
