// Which broken rule is the cause of which other.
#include "verdict/causes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tempfail::verdict {
namespace {

struct Cause {
  std::string_view rule;
  std::array<std::string_view, 6> consequences; ///< rules that fail with it; empty: no more
};

/// Causes first.
constexpr std::array<Cause, 8> causes = {{
    {"connects", {"retry", "delivered", "first-retry", "notified", "tries", "no-retry"}},
    {"sequence", {"retry", "delivered", "first-retry"}},
    {"protected", {"retry", "delivered", "first-retry"}},
    {"refuses-certificate", {"retry", "delivered", "first-retry"}},
    {"uses-tls", {"retry", "delivered", "first-retry"}},
    {"retry", {"delivered", "first-retry", "tries", "schedule", "back-off"}},
    {"pause", {"first-retry", "back-off", "schedule", "tries", "jitter"}},
    {"recipients-one-by-one", {"delivered"}},
}};

Finding* failed(std::vector<Finding>& findings, std::string_view rule) {
  const auto found = std::find_if(findings.begin(), findings.end(), [rule](const Finding& it) {
    return it.rule == rule && it.outcome == Outcome::fail;
  });
  return found == findings.end() ? nullptr : &*found;
}

std::size_t rank_of(const Finding& finding) {
  const auto found = std::find_if(causes.begin(), causes.end(),
                                  [&](const Cause& it) { return it.rule == finding.rule; });
  return static_cast<std::size_t>(found - causes.begin());
}

} // namespace

void tell_once(std::vector<Finding>& findings) {
  for (const Cause& cause : causes) {
    if (failed(findings, cause.rule) == nullptr) continue;
    for (const std::string_view rule : cause.consequences)
      if (Finding* const other = failed(findings, rule)) {
        other->outcome = Outcome::not_applicable;
        other->actual = "see `" + std::string(cause.rule) + "`";
        other->near_miss.clear();
        other->evidence.clear();
      }
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    const bool failed_a = a.outcome == Outcome::fail;
    const bool failed_b = b.outcome == Outcome::fail;
    return failed_a != failed_b ? failed_a : failed_a && rank_of(a) < rank_of(b);
  });
}

} // namespace tempfail::verdict
