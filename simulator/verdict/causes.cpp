// Which broken rule is the cause of which other.
#include "verdict/causes.hpp"

#include "scenario/glob.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace tempfail::verdict {
namespace {

struct Cause {
  std::string_view rule;
  std::array<std::string_view, 8> consequences; ///< rules that fail with it; empty: no more
};

/// Causes first.
constexpr std::array<Cause, 19> causes = {{
    {"connects",
     {"retry", "delivered", "first-retry", "notified", "tries", "no-retry", "reports-failure"}},
    {"sequence", {"retry", "delivered", "first-retry"}},
    {"syntax", {"retry", "delivered", "first-retry"}},
    {"extensions", {"retry", "delivered", "first-retry"}},
    {"uses-tls", {"protected", "retry", "delivered", "first-retry"}},
    {"protected", {"retry", "delivered", "first-retry"}},
    {"refuses-certificate", {"retry", "delivered", "first-retry"}},
    {"retry",
     {"delivered", "first-retry", "tries", "schedule", "back-off", "reports-failure", "notified",
      "reports-doubt"}},
    {"notified", {"reports-failure"}},
    {"recipients-one-by-one", {"no-duplicate", "delivered", "reports-failure"}},
    {"delivered", {"reports-failure", "next-message", "notified", "tries"}},
    {"no-duplicate", {"delivered", "tries"}},
    {"no-retry", {"pause"}},
    {"pause", {"first-retry", "back-off", "schedule", "tries", "jitter"}},
    {"no-blind-resend", {"pause", "first-retry", "schedule", "back-off"}},
    {"in-order", {"delivered-by"}},
    {"line-ends", {"content"}},
    {"dot-stuffing", {"content"}},
    {"replies-in-step", {"delivered", "no-duplicate", "content"}},
}};

bool is_failure_of(std::string_view rule, const Finding& finding) {
  return finding.rule == rule && finding.outcome == Outcome::fail;
}

/// What fails for one recipient says nothing of another.
bool is_about_the_same(const Finding& cause, const Finding& consequence) {
  if (cause.recipients.empty() || cause.recipients == consequence.recipients) return true;
  return !consequence.violations.empty() &&
         std::all_of(consequence.violations.begin(), consequence.violations.end(),
                     [&](const Violation& it) {
                       return std::all_of(
                           it.of.begin(), it.of.end(), [&](const AffectedDelivery& whom) {
                             return scenario::glob_matches(cause.recipients, whom.recipient);
                           });
                     });
}

/// A MUST is not told by a SHOULD, which decides nothing. Some rules are the cause of one kind of failure alone: a try
/// too many is what `no-duplicate` says, one that is missing is not.
bool may_refer(const Finding& cause, const Finding& consequence, std::string_view actual,
               std::string_view near_miss) {
  if (cause.level == scenario::Level::should && consequence.level == scenario::Level::must)
    return false;
  if (cause.rule == "no-duplicate") return near_miss.ends_with("too many");
  if (cause.rule == "delivered" && consequence.rule == "tries")
    return near_miss.ends_with("too few");
  // What the server let pass explains no failure.
  if (cause.rule == "syntax" && !cause.evidence.empty())
    return std::any_of(cause.evidence.begin(), cause.evidence.end(), [](const Evidence& one) {
      return one.text.find(" -> 2") == std::string::npos;
    });
  if (cause.rule == "line-ends") return actual.find("begins with a dot") != actual.npos;
  return true;
}

/// Says no more of a failure than where its cause is told.
void refer_to(std::string_view cause, Finding& consequence) {
  consequence.outcome = Outcome::not_applicable;
  consequence.actual = "see `" + std::string(cause) + "`";
  consequence.near_miss.clear();
  consequence.evidence.clear();
  consequence.violations.clear();
}

/// Takes out of a consequence what its cause has told already, delivery by delivery.
void leave_out_what_is_told(const Finding& cause, Finding& consequence) {
  if (cause.violations.empty() || consequence.violations.empty()) { // not known of whom they are
    if (is_about_the_same(cause, consequence) &&
        may_refer(cause, consequence, consequence.actual, consequence.near_miss))
      refer_to(cause.rule, consequence);
    return;
  }
  std::set<AffectedDelivery> told;
  for (const Violation& one : cause.violations)
    told.insert(one.of.begin(), one.of.end());
  const std::size_t left_out = std::erase_if(consequence.violations, [&](const Violation& one) {
    return may_refer(cause, consequence, one.actual, one.near_miss) &&
           std::all_of(one.of.begin(), one.of.end(),
                       [&told](const AffectedDelivery& whom) { return told.contains(whom); });
  });
  if (left_out == 0) return;
  if (consequence.violations.empty()) {
    refer_to(cause.rule, consequence);
    return;
  }
  const Violation& first = consequence.violations.front();
  consequence.actual = with_count_of_others(first.actual, consequence.violations.size());
  consequence.near_miss = first.near_miss;
  consequence.evidence = first.evidence;
}

std::size_t rank_of(const Finding& finding) {
  const auto found = std::find_if(causes.begin(), causes.end(),
                                  [&](const Cause& it) { return it.rule == finding.rule; });
  return static_cast<std::size_t>(found - causes.begin());
}

} // namespace

void drop_consequences(std::vector<Finding>& findings) {
  for (const Cause& cause : causes)
    for (const Finding& failed : findings) {
      if (!is_failure_of(cause.rule, failed)) continue;
      for (const std::string_view rule : cause.consequences)
        for (Finding& other : findings)
          if (is_failure_of(rule, other)) leave_out_what_is_told(failed, other);
    }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    const bool failed_a = a.outcome == Outcome::fail;
    const bool failed_b = b.outcome == Outcome::fail;
    return failed_a != failed_b ? failed_a : failed_a && rank_of(a) < rank_of(b);
  });
}

} // namespace tempfail::verdict
