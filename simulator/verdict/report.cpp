// What the kinds of report share.
#include "verdict/report.hpp"

#include "verdict/report_parts.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tempfail::verdict {

Count RunReport::count(const CaseResult& result) const {
  const bool good = result.verdict.passed(strict);
  if (result.expected_failure) return good ? Count::unexpected_pass : Count::expected_failure;
  return good ? Count::passed : Count::failed;
}

std::string RunReport::told() const {
  if (tls_policy == scenario::TlsPolicy::opportunistic) return {};
  return "TLS " + std::string(to_string(tls_policy));
}

bool RunReport::passed() const {
  return !cases.empty() &&
         std::all_of(cases.begin(), cases.end(), [this](const CaseResult& result) {
           const Count how = count(result);
           return how == Count::passed || how == Count::expected_failure;
         });
}

std::string_view to_string(Count count) {
  constexpr std::array<std::string_view, 4> names = {"passed", "failed", "expected-failure",
                                                     "unexpected-pass"};
  return names[static_cast<std::size_t>(count)];
}

std::string_view to_string(Outcome outcome) {
  constexpr std::array<std::string_view, 3> names = {"pass", "fail", "not-applicable"};
  return names[static_cast<std::size_t>(outcome)];
}

Totals totals_of(const RunReport& report) {
  Totals totals;
  for (const CaseResult& result : report.cases) {
    totals.seconds += result.seconds;
    switch (report.count(result)) {
    case Count::passed: ++totals.passed; break;
    case Count::failed: ++totals.failed; break;
    case Count::expected_failure: ++totals.expected_failures; break;
    case Count::unexpected_pass: ++totals.unexpected_passes; break;
    }
  }
  return totals;
}

std::string summary(const Totals& totals) {
  std::string text = std::to_string(totals.all()) + (totals.all() == 1 ? " case: " : " cases: ");
  text += std::to_string(totals.passed) + " passed, " + std::to_string(totals.failed) + " failed";
  if (totals.expected_failures != 0)
    text += ", " + std::to_string(totals.expected_failures) + " failed as expected";
  if (totals.unexpected_passes != 0)
    text += ", " + std::to_string(totals.unexpected_passes) + " passed unexpectedly";
  return text;
}

bool decides(const Finding& finding, bool strict) {
  return finding.outcome == Outcome::fail && (strict || finding.level == scenario::Level::must);
}

std::vector<const Finding*> failures_of(const CaseVerdict& verdict) {
  std::vector<const Finding*> failed;
  for (const Finding& finding : verdict.findings)
    if (finding.outcome == Outcome::fail) failed.push_back(&finding);
  std::stable_partition(failed.begin(), failed.end(), [](const Finding* finding) {
    return finding->level == scenario::Level::must;
  });
  return failed;
}

std::string headline(const Finding& finding) {
  std::string text = finding.rule + ": " + finding.actual;
  if (!finding.near_miss.empty()) text += " (" + finding.near_miss + ")";
  return text;
}

std::string headline(const RunReport& report, const CaseResult& result) {
  if (!result.verdict.trouble.empty()) return result.verdict.trouble;
  std::string text;
  std::size_t more = 0;
  for (const Finding* finding : failures_of(result.verdict)) {
    if (!decides(*finding, report.strict)) continue;
    if (text.empty())
      text = headline(*finding);
    else
      ++more;
  }
  if (more != 0) text += ", and " + std::to_string(more) + " more";
  if (!text.empty()) return text;
  std::size_t passed = 0;
  std::size_t advised = 0;
  for (const Finding& finding : result.verdict.findings) {
    passed += finding.outcome == Outcome::pass ? 1 : 0;
    advised += finding.outcome == Outcome::fail ? 1 : 0;
  }
  text = std::to_string(passed) + (passed == 1 ? " rule kept" : " rules kept");
  if (advised != 0) text += ", " + std::to_string(advised) + " SHOULD not kept";
  return text;
}

std::string escape_markup(std::string_view text, bool lines) {
  std::string out;
  for (const char c : printable(text, lines))
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    case '\'': out += "&#39;"; break;
    default: out += c;
    }
  return out;
}

std::string clock_time(Moment moment) {
  const std::int64_t milliseconds = std::max<std::int64_t>(moment.count() / 1000, 0);
  const auto part = [milliseconds](std::int64_t unit, std::int64_t modulus) {
    return static_cast<long long>(milliseconds / unit % modulus);
  };
  char text[48];
  if (milliseconds < 60'000)
    std::snprintf(text, sizeof text, "%lld.%03llds", part(1000, 60), part(1, 1000));
  else
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld.%03lld", part(3'600'000, INT64_MAX),
                  part(60'000, 60), part(1000, 60), part(1, 1000));
  return text;
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, seconds < 10 ? "%.1fs" : "%.0fs", seconds);
  return text;
}

} // namespace tempfail::verdict
