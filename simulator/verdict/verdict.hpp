// What the judge says of a sender. Reads only a journal and a scenario, never live objects.
#pragma once

#include "journal/reader.hpp"
#include "scenario/model.hpp"
#include "verdict/case_summary.hpp"
#include "verdict/keyword.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::verdict {

/// The outcome of one rule on one case.
enum class Outcome : std::uint8_t {
  pass,
  fail,
  /// Nothing in this case that the rule speaks of. Of an expectation of the scenario only where the port did
  /// not answer, so that it may have been met unseen.
  not_applicable,
  /// Open: tempfail ended what would have shown it, or could not see it.
  undecided,
};

/// A place in the journal that shows it.
struct Evidence {
  Moment time{};
  std::uint64_t session = 0;
  std::string text; ///< "452 4.3.1 Insufficient system storage" or what the sender did
};

/// A delivery of a message.
struct AffectedDelivery {
  std::string message; ///< id of its handover, else its envelope's sender
  std::string recipient;
  auto operator<=>(const AffectedDelivery&) const = default;
};

/// One of the places where a rule is broken.
struct Violation {
  std::vector<AffectedDelivery> of; ///< deliveries that it is about
  std::string actual;
  std::string near_miss;
  std::vector<Evidence> evidence;
};
/// "… (and 2 more of the same kind)"
std::string with_count_of_others(std::string actual, std::size_t count);

/// One rule's verdict.
struct Finding {
  std::string rule;        ///< id: "retry", "delivered"
  std::string requirement; ///< one sentence
  std::string source;      ///< "RFC 5321 section 4.2.1"
  Keyword keyword{};       ///< how the source asks for it
  scenario::Level level{}; ///< how strongly the judge asks for it
  std::string reason;      ///< why it is asked at this level; empty: because the source asks so
  Outcome outcome{};
  std::string expected;
  std::string actual;
  std::string near_miss; ///< "12 s too early"; empty: none
  std::vector<Evidence> evidence;
  std::string recipients;            ///< pattern of those of whom it was expected; empty: of all
  std::vector<Violation> violations; ///< all places, the first of them told; empty: not known
  std::size_t evidence_left_out = 0; ///< places that a report did not show from which this was read
};

/// The answer of a case: the first of these that applies. docs/verdicts.md has the table.
enum class Answer : std::uint8_t {
  error,          ///< tempfail could not run the case
  not_applicable, ///< the user or the sender declared it
  fail,           ///< something that was seen breaks a MUST (strict: a SHOULD)
  undecided,      ///< nothing is broken, and an expectation is open
  not_met,        ///< nothing is broken, and the failure took no effect on this sender
  ok_but,         ///< a SHOULD is broken
  ok,             ///< met, and kept
};
/// "error", "not-applicable": as reports for programs name it.
std::string_view to_string(Answer answer);

/// The verdict on a case: the facts that its answer is computed from.
struct CaseVerdict {
  std::string scenario; ///< name
  std::string family;
  std::vector<Finding> findings;
  std::string run_error;      ///< why tempfail could not run it; empty: it could
  std::string not_applicable; ///< what was declared; empty: nothing
  bool met = true;            ///< whether the failure took effect on this sender
  std::string not_met;        ///< why not
  Duration watched{};         ///< protocol time from first to last event
  /// What the sender was judged as: "queueing" or "one-shot"; empty: nothing was judged.
  std::string_view role;
  bool role_is_declared = false; ///< else it is concluded from what was seen
  CaseSummary summary;           ///< what the sender did, for people
  bool guessed =
      false; ///< nobody said what was handed over: which try is of which message is a guess

  /// MUST rules decide; with `strict`, SHOULD rules too.
  Answer answer(bool strict) const;
};

/// Whether a finding of this level decides a case.
constexpr bool is_decisive(scenario::Level level, bool strict) {
  return strict || level == scenario::Level::must;
}

/// A rule the judge knows, for `list --rules` and the documentation.
struct RuleInfo {
  std::string_view id;
  std::string_view requirement;
  std::string_view source;
  Keyword keyword{};       ///< how the source asks for it
  scenario::Level level{}; ///< at which it is asked; a scenario may say otherwise
  bool always = false;     ///< judged in every scenario, not only where one expects it
  /// Why it is asked at this level: needed where that is higher than the keyword, allowed where it is lower.
  std::string_view reason = {};
};
std::span<const RuleInfo> rules();
/// The rule of this name; null: there is none.
const RuleInfo* rule_info(std::string_view id);

/// Why a rule is asked at this level, by the rule or by the scenario; empty: because its source asks so.
std::string reason_for(const RuleInfo& rule, scenario::Level level);

/// What is said of the sender in place of what the journal says; empty: as the journal says.
struct Declared {
  std::string tls_policy; ///< "none", "opportunistic", "required" or "verified"
  std::string role;       ///< "queueing" or "one-shot"
};

/// Judges the events of `scenario` in `journal`.
CaseVerdict judge(const scenario::Scenario& scenario, const journal::Journal& journal,
                  const Declared& declared = {});

/// Whether a scenario expects of a sender that was told this about TLS that something does not happen, which only the
/// end of the watch can tell.
bool is_open_ended(const scenario::Scenario& scenario, scenario::TlsPolicy tls_policy);

/// Whether every expectation is settled whatever the sender does from now on, short of a duplicate: lets
/// `tempfail test` stop watching early.
bool settled(const scenario::Scenario& scenario, const journal::Journal& journal);

} // namespace tempfail::verdict
