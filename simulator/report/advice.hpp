// What a broken rule means for people who know no SMTP, and what they can do about it.
#pragma once

#include <span>
#include <string_view>

namespace tempfail::report {

struct Advice {
  std::string_view rule;  ///< its id
  std::string_view wrong; ///< what the sender did, and what comes of it: one or two plain sentences
  std::string_view to_do; ///< where to look, in a sentence
};

/// One for each rule of the judge.
std::span<const Advice> all_advice();
/// Of the rule; null: there is none.
const Advice* advice_for(std::string_view rule);

} // namespace tempfail::report
