// What a rule is made of. The rules stand in rules/, one group a file; a new one is a function and an
// entry in its file's table.
#pragma once

#include "verdict/observation.hpp"
#include "verdict/verdict.hpp"
#include "verdict/wording.hpp"

#include <span>
#include <string>
#include <vector>

namespace tempfail::verdict {

/// What a rule found.
struct Check {
  Outcome outcome = Outcome::not_applicable;
  std::string expected;
  std::string actual;
  std::string near_miss;
  std::vector<Evidence> evidence;
  bool may_be_unseen = false; ///< what was expected may have happened where it can't be seen
  bool is_too_little_seen =
      false; ///< what was seen is too little to tell: the sender has not met the scenario
  std::vector<Violation>
      violations{}; ///< where it is broken, the first of them told; empty: not known

  static Check pass(std::string actual, std::vector<Evidence> evidence = {});
  static Check fail(std::string actual, std::vector<Evidence> evidence = {});
  /// The port did not answer for a while, and this can't be said because of it.
  static Check not_applicable(std::string actual);
  /// What was seen is too little to tell.
  static Check too_little_seen(std::string actual);
  /// It may still have happened, had tempfail not ended the sender, or could it have seen it.
  static Check undecided(std::string actual, std::vector<Evidence> evidence = {});
  Check& expecting(std::string text);
  Check& with_near_miss(std::string text);
};

/// A rule: `expectation` is the scenario's, null when the rule is judged because it always is.
using Judge = Check (*)(const Case& observed, const scenario::Expectation* expectation);
struct Rule {
  RuleInfo info;
  Judge judge = nullptr;
};

// The groups, in the order of reports.
std::span<const Rule> connection_rules();
std::span<const Rule> retry_rules();
std::span<const Rule> pause_rules();
std::span<const Rule> timing_rules();
std::span<const Rule> delivery_rules();
std::span<const Rule> content_rules();
std::span<const Rule> notification_rules();
std::span<const Rule> truth_rules();
std::span<const Rule> report_rules();
std::span<const Rule> claim_rules();
std::span<const Rule> one_shot_rules();
std::span<const Rule> conduct_rules();
std::span<const Rule> patience_rules();
std::span<const Rule> protocol_rules();
std::span<const Rule> tls_rules();
std::span<const Rule> loop_rules();
std::span<const Rule> host_rules();
std::span<const Rule> dead_host_rules();
std::span<const Rule> name_rules();

/// Every rule of every group.
std::span<const Rule> all_rules();
const Rule* find_rule(std::string_view id);

/// How far `value` is outside of the range, said plainly ("12s too early"); empty: inside.
std::string distance_from_range(Duration value, const scenario::Range<Duration>& range,
                                std::string_view below = "too early",
                                std::string_view above = "too late");

/// Collects what goes wrong with several deliveries: the first is told, the others are counted.
class Failures {
 public:
  void add(std::string actual, std::string near_miss, std::vector<Evidence> evidence);
  /// The same, of one delivery of a message.
  void add(const Message& message, const Delivery& delivery, std::string actual,
           std::string near_miss, std::vector<Evidence> evidence);
  /// The same, of several.
  void add(std::vector<AffectedDelivery> of, std::string actual, std::string near_miss,
           std::vector<Evidence> evidence);
  bool empty() const { return count_ == 0; }
  Check check() const;

 private:
  Check first_;
  std::size_t count_ = 0;
  bool is_known_of_all_ = true; ///< of whom each speaks
};
/// A delivery as breaks name it.
AffectedDelivery affected_delivery(const Message& message, const Delivery& delivery);

} // namespace tempfail::verdict
