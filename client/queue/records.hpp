// What the queue keeps, as values.
#pragma once

#include "client/base/clock.hpp"
#include "client/delivery/message.hpp"
#include "client/delivery/outcome.hpp"
#include "client/policy/policy.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

using MessageId = std::int64_t;
using RecipientId = std::int64_t;

/// Where a recipient stands.
enum class RecipientState : std::uint8_t {
  waiting,    ///< for its next try
  trying,     ///< a try is under way, nothing irrevocable has been sent
  committing, ///< the final dot may be out: a crash from here on leaves it in doubt
  held,       ///< in doubt after a crash, and the policy says that a person decides
  delivered,  ///< a server has taken it over
  failed,     ///< given up; the sender has been told
  removed,    ///< taken out by a person
};
std::string_view name(RecipientState state);
std::optional<RecipientState> recipient_state_from_name(std::string_view name);
/// No more will happen to it.
bool settled(RecipientState state);

/// A message to be queued.
struct Submission {
  std::string sender{}; ///< reverse path; empty: the null sender
  std::vector<Recipient> recipients{};
  std::shared_ptr<const std::string> content{}; ///< CRLF lines
  std::string envelope_id{};
  DsnReturn dsn_return = DsnReturn::unset;
  bool smtputf8 = false;
  bool requiretls = false;   ///< RFC 8689
  bool notification = false; ///< made by this queue about another message
};

/// A message in the queue, without its content.
struct QueuedMessage {
  MessageId id = 0;
  std::string sender{};
  std::string envelope_id{};
  DsnReturn dsn_return = DsnReturn::unset;
  bool smtputf8 = false;
  bool requiretls = false; ///< RFC 8689
  bool notification = false;
  std::uint64_t size_bytes = 0;
  Moment accepted{};
  std::optional<Moment> finished{}; ///< all recipients are settled
};

/// A recipient of a queued message.
struct QueuedRecipient {
  RecipientId id = 0;
  MessageId message = 0;
  Recipient recipient{};
  RecipientState state = RecipientState::waiting;
  RetryState retry{};
  Moment next_try{};
  unsigned notices = 0;                  ///< delay notifications sent
  unsigned in_doubt = 0;                 ///< how often a try ended without anyone knowing how
  std::optional<RecipientResult> last{}; ///< of the latest try
  Moment last_ended{};                   ///< of the latest try, if there is one
};

/// One try, as it is kept.
struct TryRecord {
  RecipientId recipient = 0;
  Moment began{};
  Moment ended{};
  RecipientResult result{};
  std::string rule{};     ///< of the policy; empty when delivered
  std::string decision{}; ///< in words
};

/// Connections to one host, ever.
struct HostCounts {
  std::string address{};
  std::string name{};
  std::uint64_t connections = 0;
  std::uint64_t failed = 0; ///< of these, could not be used
  unsigned failures_in_row = 0;
  unsigned pauses = 0;
  std::optional<Moment> off_until{};
};

/// Tries of one kind, ever.
struct TryCounts {
  std::string host{};    ///< empty: none was reached
  std::string status{};  ///< "2.0.0", "4.3.2"
  std::string failure{}; ///< name(Failure)
  std::string fate{};    ///< name(Fate)
  std::uint64_t count = 0;
};

/// "queue-stopped=2 dropped=1", as a column keeps it.
std::string rule_tries_text(const std::map<std::string, unsigned>& tries);
std::map<std::string, unsigned> parse_rule_tries(std::string_view text);

} // namespace tempfail::client
