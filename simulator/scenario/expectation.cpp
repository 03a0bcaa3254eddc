// The one list of what a scenario can expect of a sender. The loader, the schema and the judge
// follow it.
#include "scenario/expectation.hpp"

#include <array>

namespace tempfail::scenario {
namespace {

using Type = ExpectationType;

constexpr std::array<std::string_view, 3> delivered_words = {"once", "at-least-once", "never"};
constexpr std::array<std::string_view, 4> notified_words = {"failed", "delayed", "relayed",
                                                            "never"};

constexpr std::array kinds = {
    ExpectationKind{"retry", Type::flag, {}, true},
    ExpectationKind{"no-retry", Type::flag, {}, true},
    ExpectationKind{"delivered", Type::word, delivered_words, true},
    ExpectationKind{"first-retry", Type::duration_range, {}, true},
    ExpectationKind{"tries", Type::count_range, {}, true},
    ExpectationKind{"gives-up", Type::duration_range, {}, true},
    ExpectationKind{"back-off", Type::flag, {}, true},
    ExpectationKind{"jitter", Type::flag, {}},
    ExpectationKind{"schedule", Type::durations, {}, true},
    ExpectationKind{"closes-after-421", Type::flag, {}},
    ExpectationKind{"stops-loop", Type::flag, {}},
    ExpectationKind{"ends-after-failure", Type::flag, {}},
    ExpectationKind{"recipients-one-by-one", Type::flag, {}},
    ExpectationKind{"waits", Type::duration_range, {}},
    ExpectationKind{"concurrency-drops", Type::flag, {}},
    ExpectationKind{"uses-tls", Type::flag, {}},
    ExpectationKind{"protected", Type::flag, {}},
    ExpectationKind{"refuses-certificate", Type::flag, {}},
    ExpectationKind{"ignores-injection", Type::flag, {}},
    ExpectationKind{"untouched", Type::host, {}},
    ExpectationKind{"delivered-by", Type::host, {}, true},
    ExpectationKind{"in-order", Type::flag, {}},
    ExpectationKind{"spread", Type::flag, {}},
    ExpectationKind{"hosts-per-try", Type::count_range, {}},
    ExpectationKind{"dead-host-remembered", Type::flag, {}},
    ExpectationKind{"not-delayed-by", Type::host, {}, true},
    ExpectationKind{"one-copy", Type::flag, {}},
    ExpectationKind{"replies-in-step", Type::flag, {}},
    ExpectationKind{"asked", Type::name, {}},
    ExpectationKind{"not-asked", Type::name, {}},
    ExpectationKind{"no-report-about-reports", Type::flag, {}},
    ExpectationKind{"notified", Type::notification, notified_words, true},
    ExpectationKind{"passes-on", Type::flag, {}},
    ExpectationKind{"returned-content", Type::flag, {}},
    ExpectationKind{"original-recipient", Type::flag, {}},
};

} // namespace

std::span<const ExpectationKind> expectation_kinds() {
  return kinds;
}

const ExpectationKind* find_expectation_kind(std::string_view name) {
  for (const ExpectationKind& kind : kinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

std::optional<TlsPolicy> find_tls_policy(std::string_view name) {
  for (std::size_t i = 0; i < tls_policy_names.size(); ++i)
    if (tls_policy_names[i] == name) return static_cast<TlsPolicy>(i);
  return std::nullopt;
}

} // namespace tempfail::scenario
