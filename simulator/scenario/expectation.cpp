// The one list of what a scenario can expect of a sender. The loader, the schema and the judge
// follow it.
#include "scenario/expectation.hpp"

#include <array>

namespace tempfail::scenario {
namespace {

using Type = ExpectationType;

constexpr std::array<std::string_view, 3> delivered_words = {"once", "at-least-once", "never"};
constexpr std::array<std::string_view, 2> notified_words = {"failed", "delayed"};

constexpr std::array kinds = {
    ExpectationKind{
        "retry",
        Type::flag,
        {},
        "What was refused for the time being, or lost with the connection, is tried again."},
    ExpectationKind{"no-retry", Type::flag, {}, "What was refused for good is not tried again."},
    ExpectationKind{"delivered", Type::word, delivered_words,
                    "How often each message arrives at each of its recipients."},
    ExpectationKind{"first-retry",
                    Type::duration_range,
                    {},
                    "How long after the first failure the first retry comes."},
    ExpectationKind{"tries", Type::count_range, {}, "How many times a message is tried in all."},
    ExpectationKind{
        "gives-up", Type::duration_range, {}, "How long after the first try the last one comes."},
    ExpectationKind{"back-off", Type::flag, {}, "The intervals between tries grow."},
    ExpectationKind{
        "jitter",
        Type::flag,
        {},
        "The intervals of different messages differ, so that they do not all come back at once."},
    ExpectationKind{
        "schedule", Type::durations, {}, "The intervals between successive tries, in order."},
    ExpectationKind{"closes-after-421",
                    Type::flag,
                    {},
                    "After a 421 the client closes the connection; until then it says no more than QUIT or "
                    "RSET."},
    ExpectationKind{"stops-loop",
                    Type::flag,
                    {},
                    "What comes back to the sender's own server is not sent on for ever."},
    ExpectationKind{
        "ends-after-failure",
        Type::flag,
        {},
        "After a failed transaction the client says RSET or QUIT, or begins a new one."},
    ExpectationKind{
        "recipients-one-by-one",
        Type::flag,
        {},
        "Each recipient has its own fate: an accepted one is not sent the message again, and a "
        "refused one does not keep the others from theirs."},
    ExpectationKind{
        "waits",
        Type::duration_range,
        {},
        "How long the client waits for a server that has gone silent before it gives up."},
    ExpectationKind{"concurrency-drops",
                    Type::flag,
                    {},
                    "After a refusal for too many connections fewer are open at once."},
    ExpectationKind{"uses-tls", Type::flag, {}, "TLS is begun where it is offered."},
    ExpectationKind{
        "protected", Type::flag, {}, "Nothing of a message or a login is sent in clear text."},
    ExpectationKind{"refuses-certificate",
                    Type::flag,
                    {},
                    "The sender does not go on with the certificate it is shown."},
    ExpectationKind{"ignores-injection",
                    Type::flag,
                    {},
                    "What came in clear behind the reply to STARTTLS is dropped."},
    ExpectationKind{"notified", Type::word, notified_words,
                    "A delivery status notification comes back to the sender's address."},
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
