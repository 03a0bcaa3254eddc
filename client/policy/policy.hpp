// What comes after a failed try, as data: the model behind the policy file, and the decisions drawn
// from it.
#pragma once

#include "client/base/clock.hpp"
#include "client/delivery/deliverer.hpp"
#include "client/delivery/outcome.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tempfail::client {

/// "4.3.2", "4.4.*", "*": a status, or a family of them.
struct StatusPattern {
  std::optional<std::uint16_t> class_digit{}; ///< nothing: any
  std::optional<std::uint16_t> subject{};
  std::optional<std::uint16_t> detail{};

  bool matches(const Status& status) const;
};

/// What a rule speaks of. Every list that is not empty has to match.
struct Condition {
  std::vector<StatusPattern> statuses{};
  std::vector<std::string> codes{}; ///< three digits, or a prefix of them: "421", "45"
  std::vector<Failure> failures{};
  std::vector<Stage> stages{};

  bool matches(const RecipientResult& result) const;
};

/// The waits between tries: a list, or an exponential series.
struct Schedule {
  std::vector<Duration>
      waits{};        ///< after the preceding try; when they are used up: failed. Empty: a series.
  Duration first{};   ///< of the series
  double factor = 1;  ///< each wait is so many times the one before (>= 1)
  Duration longest{}; ///< jitter included
  double jitter = 0;  ///< a wait is drawn between itself and (1 + jitter) times itself; 0..1

  /// The wait after the `step`-th try (from 1) before jitter; nothing when the list is used up.
  std::optional<Duration> wait(unsigned step) const;
  /// The earliest and the latest the wait can come to with jitter.
  struct Bounds {
    Duration earliest{};
    Duration latest{};
  };
  std::optional<Bounds> bounds(unsigned step) const;
};

/// One rule: for these failures, this schedule.
struct Rule {
  std::string name{};
  std::string why{}; ///< a sentence for people
  Condition when{};
  Schedule schedule{};
  unsigned tries = 0; ///< at most so many tries that fell under this rule; 0: until give-up
};

/// Other settings for the next try, where they are configured.
struct Alternative {
  unsigned after = 1;              ///< from so many failed tries on
  std::vector<Failure> failures{}; ///< if the last one failed like this; empty: whatever it was
  std::string host{};              ///< empty: unchanged
  std::optional<std::uint16_t> port{};
  std::optional<TlsMode> tls{};
  std::optional<bool> implicit_tls{};
  std::optional<bool> pipelining{};
  std::optional<bool> chunking{};
};

/// When a host is taken off the active list, and for how long.
struct Suspension {
  unsigned after = 3; ///< failures in a row; 0: never
  std::vector<Failure> failures{};
  Duration first{};  ///< after this long it is probed with one message
  double factor = 1; ///< each probe that fails makes the next pause so many times longer
  Duration longest{};
};

/// What to do after a crash with a message whose final dot had gone out and whose reply was not
/// kept.
enum class InDoubt : std::uint8_t {
  resend, ///< perhaps twice rather than never (RFC 5321 section 4.5.5, RFC 1047)
  hold,   ///< keep it until a person says `queue retry` or `queue remove`
};

/// The whole policy.
struct Policy {
  Duration give_up_after{}; ///< since the message was accepted (RFC 5321 section 4.5.4.1)
  std::optional<Status>
      expired{}; ///< status of a notification that says so; nothing: the last failure's
  std::vector<Duration> delay_notices{}; ///< ages at which a "delayed" notification is due
  InDoubt in_doubt = InDoubt::resend;
  bool once = false;         ///< one try, whatever the rules say: `send --once`
  std::vector<Rule> rules{}; ///< the first that matches counts; the last one matches everything
  std::vector<Alternative> alternatives{};
  Suspension suspension{};
};

/// What the decision needs to know of a recipient, besides the failure itself.
struct RetryState {
  Moment accepted{};  ///< when the message came
  unsigned tries = 0; ///< tries made, the one just failed included
  /// How many of the earlier tries fell under each rule, by its name. decide() counts the new one.
  std::map<std::string, unsigned> rule_tries{};
};

/// What comes next.
struct Decision {
  bool retry = false;
  Moment next{};      ///< of the next try, if there is one
  std::string rule{}; ///< the rule it comes from
  Status report{};    ///< what a notification of failure gives as its status
  std::string why{};  ///< "rule dropped: next try in 45m", for logs and people
};

/// Decides on a try that has just failed and counts it. Pure: the same arguments, the same
/// decision. The jitter comes from `seed` (a run's seed mixed with the message's number), so that
/// the recipients of one message that failed alike come due together.
Decision decide(const Policy& policy, RetryState& state, const RecipientResult& result, Moment now,
                std::uint64_t seed);

/// The rule for a failure: the first that matches.
const Rule& rule_for(const Policy& policy, const RecipientResult& result);

/// The settings of the next try after `tries` failed ones, the last with `last`. The alternatives
/// that apply and the usual settings take turns.
DeliverySettings settings_for(const Policy& policy, const DeliverySettings& usual, unsigned tries,
                              Failure last);

} // namespace tempfail::client
