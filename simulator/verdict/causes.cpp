// Which broken rule is the cause of which other.
#include "verdict/causes.hpp"

#include "scenario/glob.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tempfail::verdict {
namespace {

struct Cause {
  std::string_view rule;
  std::array<std::string_view, 8> consequences; ///< rules that fail with it; empty: no more
};

/// Causes first.
constexpr std::array<Cause, 16> causes = {{
    {"connects",
     {"retry", "delivered", "first-retry", "notified", "tries", "no-retry", "reports-failure"}},
    {"sequence", {"retry", "delivered", "first-retry"}},
    {"protected", {"retry", "delivered", "first-retry"}},
    {"refuses-certificate", {"retry", "delivered", "first-retry"}},
    {"uses-tls", {"retry", "delivered", "first-retry"}},
    {"retry",
     {"delivered", "first-retry", "tries", "schedule", "back-off", "reports-failure", "notified",
      "reports-doubt"}},
    {"notified", {"reports-failure"}},
    {"recipients-one-by-one", {"delivered", "reports-failure"}},
    {"delivered", {"reports-failure", "next-message", "notified"}},
    {"no-duplicate", {"tries"}},
    {"no-retry", {"pause"}},
    {"pause", {"first-retry", "back-off", "schedule", "tries", "jitter"}},
    {"no-blind-resend", {"pause", "first-retry", "schedule", "back-off"}},
    {"in-order", {"delivered-by"}},
    {"dot-stuffing", {"content"}},
    {"replies-in-step", {"delivered", "no-duplicate", "content"}},
}};

bool is_failure_of(std::string_view rule, const Finding& finding) {
  return finding.rule == rule && finding.outcome == Outcome::fail;
}

/// What fails for one recipient says nothing of another.
bool is_about_the_same(const Finding& cause, const Finding& consequence) {
  if (cause.recipients.empty() || cause.recipients == consequence.recipients) return true;
  const auto& broken_for = consequence.broken_for;
  return !broken_for.empty() &&
         std::all_of(broken_for.begin(), broken_for.end(), [&](const std::string& recipient) {
           return scenario::glob_matches(cause.recipients, recipient);
         });
}

/// A MUST is not told by a SHOULD, which decides nothing. A try too many is what `no-duplicate` says; one that is
/// missing is not.
bool may_refer(const Finding& cause, const Finding& consequence) {
  if (cause.level == scenario::Level::should && consequence.level == scenario::Level::must)
    return false;
  return cause.rule != "no-duplicate" || consequence.near_miss.ends_with("too many");
}

/// Says no more of a failure than where its cause is told.
void refer_to(std::string_view cause, Finding& consequence) {
  consequence.outcome = Outcome::not_applicable;
  consequence.actual = "see `" + std::string(cause) + "`";
  consequence.near_miss.clear();
  consequence.evidence.clear();
}

std::size_t rank_of(const Finding& finding) {
  const auto found = std::find_if(causes.begin(), causes.end(),
                                  [&](const Cause& it) { return it.rule == finding.rule; });
  return static_cast<std::size_t>(found - causes.begin());
}

} // namespace

void tell_once(std::vector<Finding>& findings) {
  for (const Cause& cause : causes)
    for (const Finding& failed : findings) {
      if (!is_failure_of(cause.rule, failed)) continue;
      for (const std::string_view rule : cause.consequences)
        for (Finding& other : findings)
          if (is_failure_of(rule, other) && is_about_the_same(failed, other) &&
              may_refer(failed, other))
            refer_to(cause.rule, other);
    }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    const bool failed_a = a.outcome == Outcome::fail;
    const bool failed_b = b.outcome == Outcome::fail;
    return failed_a != failed_b ? failed_a : failed_a && rank_of(a) < rank_of(b);
  });
}

} // namespace tempfail::verdict
