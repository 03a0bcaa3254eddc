// Verdicts for people and for machines: text, JUnit XML, JSON, HTML.
#pragma once

#include "verdict/verdict.hpp"

#include <cstdint>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace tempfail::verdict {

/// One case of a run, with what the runner knows of it.
struct CaseResult {
  CaseVerdict verdict;
  double seconds = 0;            ///< real time
  std::string journal_file;      ///< relative to the report; empty: none
  std::string output_file;       ///< the sender's own output
  bool expected_failure = false; ///< named in --expected-failures
};

/// How a case counts once expected failures are taken into account.
enum class Count : std::uint8_t {
  passed,
  failed,
  expected_failure, ///< failed as expected
  unexpected_pass, ///< passed although named in --expected-failures: counts as a failure of the run
};

struct RunReport {
  std::string version;
  std::string command;
  std::uint64_t seed = 0;
  double time_scale = 1;
  bool strict = false;
  scenario::TlsPolicy tls_policy = scenario::TlsPolicy::opportunistic; ///< what the sender was told
  std::vector<CaseResult> cases;

  /// "TLS required"; empty where nothing was said of it.
  std::string told() const;
  Count count(const CaseResult& result) const;
  bool passed() const;
};

struct TextStyle {
  bool colour = false;
  bool verbose = false; ///< passes in detail too
  std::size_t width = 100;
};
void write_text(const RunReport& report, const TextStyle& style, std::ostream& out);
void write_json(const RunReport& report, std::ostream& out);
/// As Jenkins, GitLab and GitHub's readers take it: testsuites/testsuite/testcase, failure and system-out.
void write_junit(const RunReport& report, std::ostream& out);
void write_html(const RunReport& report, std::ostream& out);

} // namespace tempfail::verdict
