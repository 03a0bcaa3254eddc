// What the judge says of a sender. Reads only a journal and a scenario, never live objects.
#pragma once

#include "journal/reader.hpp"
#include "scenario/model.hpp"
#include "verdict/keyword.hpp"

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
  /// Expected, and open: tempfail ended the sender first, or could not see.
  undecided,
};

/// A place in the journal that shows it.
struct Evidence {
  Moment time{};
  std::uint64_t session = 0;
  std::string text; ///< "452 4.3.1 Insufficient system storage" or what the sender did
};

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
};

/// The verdict on a case.
struct CaseVerdict {
  std::string scenario; ///< name
  std::string family;
  std::vector<Finding> findings;
  std::string
      trouble; ///< why it could not be judged ("nothing was observed: …"); counts as a failure
  Duration watched{}; ///< protocol time from first to last event

  /// MUST rules decide; with `strict`, SHOULD rules too.
  bool passed(bool strict) const;
};

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

/// Judges the events of `scenario` in `journal`, by what the sender was told about TLS; the journal says it, unless
/// `tls_policy` is given.
CaseVerdict judge(const scenario::Scenario& scenario, const journal::Journal& journal,
                  std::optional<scenario::TlsPolicy> tls_policy = {});

/// Whether a scenario expects of a sender that was told this about TLS that something does not happen, which only the
/// end of the watch can tell.
bool is_open_ended(const scenario::Scenario& scenario, scenario::TlsPolicy tls_policy);

/// Whether every expectation is settled whatever the sender does from now on, short of a duplicate: lets
/// `tempfail test` stop watching early.
bool settled(const scenario::Scenario& scenario, const journal::Journal& journal);

} // namespace tempfail::verdict
