// Verdicts for people and for machines: text, JUnit XML, JSON, HTML.
#pragma once

#include "verdict/expected_answer.hpp"
#include "verdict/verdict.hpp"

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::report {

using verdict::CaseVerdict;
using verdict::ExpectedAnswer;

/// What a case counts as: its answer, unless the file of expected failures makes something else of it.
enum class CaseStatus : std::uint8_t {
  error,
  not_applicable,
  fail,
  undecided,
  not_met,
  ok_but,
  ok,
  expected_failure, ///< an answer that was expected
  unexpected_pass,  ///< an ok although another answer was expected: counts as a failure of the run
};
inline constexpr std::size_t case_status_count = 9;
std::string_view to_string(CaseStatus status); ///< "not-met", "expected-failure"
std::string_view
status_word(CaseStatus status); ///< as tables have it: "not met", "FAIL", "expected failure"
/// The colour of that word on a terminal, as the parameter of an SGR control sequence: "1;31".
std::string_view status_colour(CaseStatus status);

/// One case of a run, with what the runner knows of it.
struct CaseResult {
  CaseVerdict verdict;
  double seconds = 0;                   ///< real time
  std::string journal_file;             ///< relative to the report; empty: none
  std::string output_file;              ///< the sender's own output
  std::vector<std::string> mail_files;  ///< messages: what was handed over, and what was accepted
  std::vector<ExpectedAnswer> expected; ///< the lines of --expected-failures that name it
  /// As the program counted it that wrote the report this was read from; nothing: it is to be counted.
  std::optional<CaseStatus> stored_status = {};
};

CaseStatus status_of(const CaseResult& result, bool strict);

/// A part of the scenarios, the others of which ran elsewhere: 2 of 5.
struct Shard {
  std::size_t number = 0; ///< 0: all of them ran
  std::size_t total = 0;
};
inline constexpr std::size_t shards_at_most = 10000; ///< what a report may name

/// What becomes of a whole run. The first of these that applies.
enum class RunResult : std::uint8_t { error, failed, undecided, ok };
std::string_view to_string(RunResult result); ///< "error", "failed", "undecided", "ok"

/// The scenario without a failure: what it shows is that the sender works at all.
inline constexpr std::string_view scenario_without_failure = "healthy";

struct RunReport {
  std::string version;
  std::string command; ///< the sender's
  std::string sender;  ///< the name of a known one, "postfix"; empty: the command is the user's own
  std::string sender_version; ///< what it calls itself, "Postfix 3.7.11"; empty: it does not say
  std::string date;           ///< when the run began: "2026-05-01 12:00 UTC"; empty: not known
  std::string invocation;     ///< the command line of the whole run; empty: not known
  /// The same but for the scenarios, in two parts: they stand between them.
  std::string invocation_begin;
  std::string invocation_end;
  std::uint64_t seed = 0;
  double time_scale = 1;
  bool strict = false;
  bool require_met = false; ///< a case whose failure took no effect leaves the run undecided
  scenario::TlsPolicy tls_policy = scenario::TlsPolicy::opportunistic; ///< what the sender was told
  std::vector<CaseResult> cases;
  Shard shard;
  std::string missing;     ///< shards that a report of several lacks: "2 of 3"; empty: none
  std::size_t not_run = 0; ///< cases that were asked for, and that the run ended before
  /// Why: the sender never connected in the scenario without a failure. Else the run was interrupted.
  bool sender_never_connected = false;

  /// What the sender was judged as in all cases: "one-shot" where nothing was tried twice in any; else "queueing".
  std::string_view role() const;
  /// What was known of the sender: "Postfix 3.7.11, TLS required, tries once"; empty: nothing that needs to be said.
  std::string sender_summary() const;
  /// The command line that runs one scenario again as this run did.
  std::string repeat(std::string_view scenario) const;
  CaseStatus status(const CaseResult& result) const { return status_of(result, strict); }
  RunResult result() const;
  /// No failure of any scenario took effect on the sender, so that the run says nothing of it. A run of nothing but
  /// `healthy`, in which nothing fails, is judged by that.
  bool nothing_was_judged() const;
};

struct TextStyle {
  bool colour = false;
  bool verbose = false; ///< passes in detail too
  std::size_t width = 100;
  bool cuts = true; ///< the lines of the table end at the width; else they are whole, for a program
};
void write_text(const RunReport& report, const TextStyle& style, std::ostream& out);
void write_json(const RunReport& report, std::ostream& out);
/// As Jenkins, GitLab and GitHub's readers take it: testsuites/testsuite/testcase, failure and system-out.
void write_junit(const RunReport& report, std::ostream& out);
void write_html(const RunReport& report, std::ostream& out);
/// A table of what did not end well, for the summary of a CI job.
void write_markdown(const RunReport& report, std::ostream& out);
/// A workflow command of GitHub for each of these cases: ::error or, where it is undecided, ::warning.
void write_annotations(const RunReport& report, std::ostream& out);
/// The lines for --expected-failures that cover what did not end well, each with what was seen as its reason.
void write_expected_failures(const RunReport& report, std::ostream& out);

} // namespace tempfail::report
