// Whether time passes between one try and the next.
#include "verdict/rule.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <vector>

namespace tempfail::verdict {
namespace {

using scenario::Level;
using scenario::Stage;

/// So many tries in a row, each too soon after the failure before it, are no pause. One or two may have a reason that
/// can't be seen here.
constexpr std::size_t in_a_row = 3;

/// The least that passes between a failure and the next try. A machine needs some real time for anything, whatever the
/// scale: less than that is no pause either.
Duration least_pause(const Case& observed) {
  if (observed.role != Role::one_shot)
    return std::max<Duration>(std::chrono::minutes(1), machine_tolerance(observed));
  // What a library waits is real time, unless its driver divides it.
  constexpr std::chrono::seconds second(1);
  return std::max(observed.has_scaled_timeouts() ? Duration(second)
                                                 : observed.in_protocol_time(second),
                  machine_tolerance(observed));
}

/// Whether the server took the message, for a recipient that it had accepted: a sender that gave it up for all of them
/// has no rest to send.
bool was_taken(const Transaction& transaction) {
  const auto* message = as_exchange(transaction.message);
  return transaction.accepted != nullptr ||
         (message != nullptr && message->code >= 200 && message->code < 300);
}

/// Whether a recipient was refused with what servers say of one too many, and is tried in another transaction.
bool is_about_many_recipients(const Try& failed, const Try& next) {
  return failed.stage == Stage::rcpt && (failed.code == 452 || failed.code == 552) &&
         failed.transaction != nullptr && failed.transaction != next.transaction;
}

/// The rest of many recipients, of whom some were taken: it goes in a transaction of its own, and need not wait. Old
/// servers say 552 for 452 (RFC 5321 section 4.5.3.1.10).
bool is_rest_of_recipients(const Try& failed, const Try& next) {
  return is_about_many_recipients(failed, next) && was_taken(*failed.transaction);
}

/// The server says that this is one recipient too many for a transaction, which another one need not be.
bool is_one_too_many(const Try& failed, const Try& next) {
  const auto* exchange = as_exchange(failed.event);
  return is_about_many_recipients(failed, next) && exchange != nullptr &&
         enhanced_status(exchange->reply).ends_with(".5.3");
}
/// So many transactions may be told that they have one recipient too many: a sender that goes on hammers.
constexpr std::size_t max_too_many = 20;

/// Whatever the server's reason was: RFC 5321 section 4.5.4.1 speaks of an attempt that failed. Whether a rejection may
/// be retried at all is the question of `no-retry`.
bool is_failure(const Try& attempt) {
  return is_temporary(attempt.result) || attempt.result == TryResult::permanent ||
         attempt.reply_lost;
}

/// The longest row of tries without a pause: [first, last] of the delivery's tries, of which `size` came too soon.
struct Row {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t size = 0;
};

Row longest_row(const Case& observed, const std::vector<Try>& tries, Duration least) {
  Row longest;
  Row row;
  std::size_t too_many = 0;
  for (std::size_t i = 1; i < tries.size(); ++i) {
    // The try goes on, at the next host, in clear text after TLS, or on another connection: it is neither too soon nor
    // a pause.
    if (!tries[i].is_new()) continue;
    const Try* const before = last_one_before(tries, i);
    bool too_soon = before != nullptr && is_failure(*before) &&
                    !is_rest_of_recipients(*before, tries[i]) &&
                    tries[i].begin - before->end + 2 * observed.clock_error < least;
    if (too_soon && is_one_too_many(*before, tries[i])) too_soon = ++too_many > max_too_many;
    if (!too_soon) row = {i, i, 0};
    if (too_soon) ++row.size;
    row.last = i;
    if (row.size > longest.size) longest = row;
  }
  return longest;
}

/// So many refusals of one command in a session, without a pause between them, are hammering. Somebody who has several
/// ways (HELO after EHLO, three mechanisms of AUTH) may use them all.
constexpr std::size_t repeated_in_a_row = 6;

/// The first and the last of a row of refusals at a stage without a pause between them; null: there is no such row.
struct Repeated {
  const journal::Event* first = nullptr;
  const journal::Event* last = nullptr;
  std::size_t size = 0;
};

Repeated repeated_in(const Session& session, Stage stage, Duration least) {
  Repeated row;
  Repeated longest;
  for (const journal::Event* event : session.events) {
    const auto* exchange = as_exchange(event);
    if (exchange == nullptr || exchange->line.empty()) continue;
    if (exchange->stage == Stage::mail) row = {}; // another message, or another try at one
    if (exchange->stage != stage || exchange->verb == "BDAT") continue;
    if (exchange->code < 400) {
      row = {};
      continue;
    }
    const auto* before = as_exchange(row.last);
    const bool knew = before != nullptr && before->answered && exchange->asked > *before->answered;
    if (before != nullptr && !knew) continue; // it was on its way before the reply was heard
    const bool too_soon = knew && exchange->asked - *before->answered < least;
    if (!too_soon) row = {event, event, 0};
    row.last = event;
    ++row.size;
    if (row.size > longest.size) longest = row;
  }
  return longest.size >= repeated_in_a_row ? longest : Repeated{};
}

void look_for_repeated_commands(const Case& observed, Duration least, Failures& failures) {
  for (const Session& session : observed.sessions)
    for (const Stage stage : {Stage::ehlo, Stage::starttls, Stage::auth, Stage::data}) {
      const Repeated row = repeated_in(session, stage, least);
      if (row.size == 0) continue;
      failures.add("a command that failed was sent " + std::to_string(row.size) + " times within " +
                       in_words(row.last->time - row.first->time) +
                       " in one session: " + describe(*row.first),
                   {}, {evidence(*row.first), evidence(*row.last)});
    }
}

/// Notifications are mail, too. Each recipient of each message may have one of its own, and each may fail.
void look_at_notifications(const Case& observed, Duration least, Failures& failures) {
  if (!observed.knows_handovers()) return; // other mail may come from <>, too
  std::size_t may_fail_at_once = in_a_row;
  for (const Message& message : observed.messages)
    may_fail_at_once += std::max<std::size_t>(message.deliveries.size(), 1);
  std::map<std::string_view, std::vector<Try>> by_address;
  for (const Transaction* one : observed.notifications) {
    if (!one->sender.empty()) continue;
    for (const RecipientReply& to : one->recipients)
      by_address[to.address].push_back(try_of(observed, *one, &to));
    if (one->recipients.empty()) by_address[""].push_back(try_of(observed, *one, nullptr));
  }
  for (const auto& [address, tries] : by_address) {
    const Row row = longest_row(observed, tries, least);
    if (row.size < may_fail_at_once) continue;
    failures.add("a notification" +
                     (address.empty() ? std::string() : " for " + std::string(address)) + ": " +
                     verdict::tries(row.size + 1) + " within " +
                     in_words(tries[row.last].begin - tries[row.first].begin) + ", without a pause",
                 {}, {evidence(observed, tries[row.first]), evidence(observed, tries[row.last])});
  }
}

Check pause(const Case& observed, const scenario::Expectation*) {
  const Duration least = least_pause(observed);
  const std::string expected =
      "at least " + in_words(least) + " pass between a failure and the next try";
  Failures failures;
  std::string passed;
  observed.each_delivery([&](const Message& message, const Delivery& delivery) {
    const auto& tries = delivery.tries;
    if (tries.size() < 2) return;
    const Row row = longest_row(observed, tries, least);
    if (row.size < in_a_row) {
      passed = "there was a pause between the tries";
      return;
    }
    std::vector<Evidence> shown;
    for (std::size_t i = row.first; shown.size() < in_a_row + 1; ++i)
      shown.push_back(evidence(observed, tries[i]));
    failures.add(message, delivery,
                 "the sender made " + verdict::tries(row.size + 1) + " for " + name_of(delivery) +
                     " within " + in_words(tries[row.last].begin - tries[row.first].begin) +
                     ", without a pause",
                 {}, std::move(shown));
  });
  look_for_repeated_commands(observed, least, failures);
  look_at_notifications(observed, least, failures);
  if (!failures.empty()) return failures.check().expecting(expected);
  return passed.empty() ? Check{} : Check::pass(passed).expecting(expected);
}

constexpr std::array pause_table = {
    Rule{{"pause", "There is a pause between a failure and the next try for the same recipient.",
          "RFC 5321 section 4.5.4.1", Keyword::must, Level::must, true},
         pause},
};

} // namespace

std::span<const Rule> pause_rules() {
  return pause_table;
}

} // namespace tempfail::verdict
