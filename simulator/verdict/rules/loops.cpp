// Whether a loop of which the sender's own server is part comes to an end, and none begins with notifications.
#include "base/ascii.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string_view>

namespace tempfail::verdict {
namespace {

using journal::event::Forwarded;
using scenario::Level;

/// After so long without a word the sender has stopped it without one.
constexpr Duration silence = std::chrono::hours(1);

const Forwarded& forwarded(const journal::Event& event) {
  return std::get<Forwarded>(event.body);
}

/// Where the server had to stop the loop itself: the refusal of a message that had come too far.
const journal::Event* stopped_by_server(const Case& observed) {
  for (const Session& session : observed.sessions)
    for (const Transaction& transaction : session.transactions) {
      const auto* reply = as_exchange(transaction.message);
      if (reply != nullptr && reply->code >= 500 && reply->rule == 0 &&
          transaction.content != nullptr)
        return transaction.message;
    }
  return nullptr;
}

/// The notification with which the sender's own server ended it: of a failure, after the message had come back.
const Transaction* reported_failure(const Case& observed, Moment first_back) {
  for (const Transaction* notification : observed.notifications) {
    const auto* content = notification->facts();
    if (content == nullptr || notification->begin < first_back) continue;
    if (std::any_of(content->reports.begin(), content->reports.end(),
                    [](const auto& report) { return base::lower(report.action) == "failed"; }))
      return notification;
  }
  return nullptr;
}

Check stops_loop(const Case& observed, const scenario::Expectation*) {
  const std::string expected =
      "the sender's server refuses the message after too many rounds, returns it, or keeps it";
  std::vector<const journal::Event*> back;
  for (const journal::Event* event : observed.forwarded)
    if (forwarded(*event).to == "sender") back.push_back(event);
  if (back.empty())
    return Check::not_applicable("no message was sent back to the sender's server")
        .expecting(expected);
  const journal::Event& last = *back.back();
  const Forwarded& what = forwarded(last);
  const std::string came = times(back.size());
  const std::string hops = ", with " + std::to_string(what.received_fields) + " Received fields";
  const std::vector<Evidence> shown = {evidence(*back.front()), evidence(last)};
  if (const journal::Event* refusal = stopped_by_server(observed))
    return Check::fail("the message came back " + came + " until the server stopped the loop" +
                           hops,
                       {evidence(last), evidence(*refusal)})
        .expecting(expected);
  if (what.code == 0)
    return Check::undecided("the message could not be sent back: " + std::string(what.reply),
                            {evidence(last)})
        .expecting(expected);
  if (what.code >= 500)
    return Check::pass(
               "the sender's server refused the message after it had arrived " + came + hops, shown)
        .expecting(expected);
  if (const Transaction* report = reported_failure(observed, back.front()->time))
    return Check::pass("the message came back " + came + hops +
                           ", and was returned with a notification",
                       {evidence(*back.front()), evidence(last), evidence(*report->mail)})
        .expecting(expected);
  const Duration since = observed.last - last.time;
  if (what.code >= 400 || since < silence)
    return Check::undecided("the message came back " + came + hops +
                                ", and the loop had not been stopped at the end of the watch time",
                            shown)
        .expecting(expected);
  return Check::pass("the message came back " + came + hops + ", and was not forwarded again in " +
                         in_words(since),
                     shown)
      .expecting(expected);
}

/// Notifications, as far as they come from <>, as they must; to whomever they go.
std::vector<const Transaction*> reports_of(const Case& observed) {
  std::vector<const Transaction*> reports;
  for (const auto* const group : {&observed.notifications, &observed.unexpected_transactions})
    for (const Transaction* one : *group)
      if (one->sender.empty() && !one->recipients.empty()) reports.push_back(one);
  return reports;
}

/// Whether a RCPT names <>: no server takes that for an address, so it is in no field.
bool names_nobody(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::size_t path = line.find_first_not_of(" \t", colon + 1);
  return path != std::string_view::npos && line.substr(path).starts_with("<>");
}

/// The first command that names <> for a recipient, which no server takes for one; null: there is none.
const journal::Event* to_nobody(const Case& observed) {
  for (const Session& session : observed.sessions)
    for (const journal::Event* event : session.events) {
      const auto* exchange = as_exchange(event);
      if (exchange != nullptr && exchange->verb == "RCPT" && names_nobody(exchange->line))
        return event;
    }
  return nullptr;
}

/// Who sent the messages; <> is not among them.
std::set<std::string_view> senders_of(const Case& observed) {
  std::set<std::string_view> senders;
  for (const Message& message : observed.messages)
    if (!message.sender.empty()) senders.insert(message.sender);
  return senders;
}

/// How many recipients did not get a message, by its sender.
std::map<std::string_view, std::size_t> failures_of_senders(const Case& observed) {
  std::map<std::string_view, std::size_t> failed;
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries)
      if (delivery.accepted_count() == 0) ++failed[message.sender];
  return failed;
}

/// A failed notification may be shown to whoever can mend what is wrong (RFC 5321 section 4.5.5).
bool is_for_the_postmaster(const Transaction& report) {
  return std::all_of(
      report.recipients.begin(), report.recipients.end(),
      [](const RecipientReply& to) { return to.address.starts_with("postmaster@"); });
}

/// What makes a report one about a report, or about a message that nobody wants to hear of; empty: it is none.
std::string wrong_with_report(const Transaction& report,
                              const std::set<std::string_view>& senders) {
  if (is_for_the_postmaster(report)) return {};
  if (senders.empty()) return "a notification was sent about a message from <>";
  if (const auto* content = report.facts())
    for (const journal::event::RecipientReport& about : content->reports)
      if (const std::string recipient = comparable(about.recipient); senders.contains(recipient))
        return "a notification reports that an earlier notification to " + recipient + " failed";
  return {};
}

Check no_report_about_reports(const Case& observed, const scenario::Expectation*) {
  const std::string expected = "no notification about a notification, or about a message from <>";
  const std::set<std::string_view> senders = senders_of(observed);
  Failures failures;
  std::vector<Evidence> refused;
  std::map<std::string_view, std::size_t> refused_to;
  std::map<std::string_view, std::size_t> failed = failures_of_senders(observed);
  if (const journal::Event* const nobody = to_nobody(observed))
    failures.add("a notification was sent to <>", {}, {evidence(*nobody)});
  for (const Transaction* report : reports_of(observed)) {
    const std::string wrong = wrong_with_report(*report, senders);
    if (!wrong.empty()) failures.add(wrong, {}, {evidence(*report->mail)});
    for (const RecipientReply& to : report->recipients) {
      // One for each recipient who did not get a message of its.
      if (refused_to[to.address] >= std::max<std::size_t>(failed[to.address], 1))
        failures.add("a notification to " + to.address +
                         " was rejected (5xx), and another one came",
                     {}, {refused.back(), evidence(*to.event)});
      if (try_of(observed, *report, &to).result != TryResult::permanent) continue;
      refused.push_back(evidence(*to.event));
      ++refused_to[to.address];
    }
  }
  if (!failures.empty()) return failures.check().expecting(expected);
  if (!refused.empty())
    return Check::pass("a notification was rejected (5xx), and no further notification came",
                       refused)
        .expecting(expected);
  for (const Message& message : observed.messages)
    for (const Delivery& delivery : message.deliveries)
      for (const Try& attempt : delivery.tries)
        if (message.sender.empty() && attempt.result == TryResult::permanent)
          return Check::pass("a message from <> was rejected (5xx), and no notification came",
                             {evidence(observed, attempt)})
              .expecting(expected);
  return Check::not_applicable("no notification and no message from <> was rejected (5xx)")
      .expecting(expected);
}

constexpr std::array loops_table = {
    Rule{{"stops-loop",
          "A message that comes back to the sender's own server does not loop without end.",
          "RFC 5321 section 6.3", Keyword::must, Level::must, false},
         stops_loop},
    Rule{{"no-report-about-reports",
          "No notification is sent about a notification, or about another message from <>.",
          "RFC 5321 section 3.6.3, section 4.5.4 and section 6.1", Keyword::must_not, Level::must,
          false},
         no_report_about_reports},
};

} // namespace

std::span<const Rule> loop_rules() {
  return loops_table;
}

} // namespace tempfail::verdict
