// What a scenario expects of a correct sender, and the one list of what can be expected.
#pragma once

#include "scenario/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tempfail::scenario {

/// RFC 2119's words.
enum class Level : std::uint8_t { must, should };

/// What a sender was told about TLS: it decides what is expected of it.
enum class TlsPolicy : std::uint8_t {
  opportunistic, ///< TLS where it can be had, else clear text (RFC 7435)
  required,      ///< never in clear text; any certificate will do
  verified,      ///< never in clear text, and only with a certificate that is right (RFC 8314)
};
inline constexpr std::array<std::string_view, 3> tls_policy_names = {"opportunistic", "required",
                                                                     "verified"};
constexpr std::string_view to_string(TlsPolicy policy) {
  return tls_policy_names[static_cast<std::size_t>(policy)];
}
std::optional<TlsPolicy> find_tls_policy(std::string_view name);

/// What kind of value an expectation takes.
enum class ExpectationType : std::uint8_t {
  flag,           ///< no value: `retry`
  word,           ///< one of a list: `delivered: once`
  duration_range, ///< `first-retry: 30m..4h`
  count_range,    ///< `tries: 3..5`
  durations,      ///< `schedule: [1h, 4h, 12h, 24h]`
  host,           ///< one of the scenario's: `untouched: mx2`; the value has its absolute name
  notification,   ///< a word, or a map: `notified: {action: failed, status: [4.4.1]}`
  name,           ///< in one of the scenario's domains: `asked: mx2`; the value is absolute
};

/// A notification, and what is expected of it besides its action.
struct ExpectedNotification {
  std::string action;                ///< "failed", "delayed", "relayed"
  std::vector<std::string> statuses; ///< one of these, or one that says less; empty: any
  std::vector<std::string> fields;   ///< that it has: "Remote-MTA"
};

using ExpectationValue =
    std::variant<std::monostate, std::string, Range<Duration>, Range<std::uint64_t>,
                 std::vector<Duration>, ExpectedNotification>;

/// One expectation of a scenario: `must: [retry, {delivered: once}]`.
struct Expectation {
  std::string name; ///< one of expectation_kinds()
  Level level = Level::must;
  ExpectationValue value;
  int line = 0;               ///< in the scenario file
  std::string recipient = {}; ///< pattern of the addresses that it speaks of; empty: all
};

/// An expectation a scenario file may name. The judge has a rule of the same name, which says in a sentence what it is.
struct ExpectationKind {
  std::string_view name;
  ExpectationType type{};
  std::span<const std::string_view> words; ///< the words allowed, for type word
  bool by_recipient =
      false; ///< what becomes of each recipient's copy: may be expected of some recipients alone
};
std::span<const ExpectationKind> expectation_kinds();
const ExpectationKind* find_expectation_kind(std::string_view name);

} // namespace tempfail::scenario
