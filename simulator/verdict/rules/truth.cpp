// Whether notifications are true: what they say is held against what happened.
#include "base/ascii.hpp"
#include "scenario/hosts.hpp"
#include "verdict/esmtp_requests.hpp"
#include "verdict/notifications.hpp"
#include "verdict/rule.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// What is wrong with a status; empty: nothing. A general one (x.0.0, a subject with detail 0) is right, and after a
/// give-up those that say so (RFC 3464 section 2.3.3).
std::string wrong_with(const journal::event::RecipientReport& report, const Try* last) {
  const std::string_view status = report.status;
  if (status.size() < 5) return {};
  const bool failed = base::equal_ignoring_case(report.action, "failed");
  if (status[0] == '2' && (failed || base::equal_ignoring_case(report.action, "delayed")))
    return "a notification's status " + std::string(status) + " means success";
  if (status[0] == '5' && base::equal_ignoring_case(report.action, "delayed"))
    return "a notification's status " + std::string(status) +
           " is permanent, but the message is only delayed";
  const auto* exchange = last == nullptr ? nullptr : as_exchange(last->event);
  const std::string_view said =
      exchange == nullptr ? std::string_view() : enhanced_status(exchange->reply);
  const bool of_failure = said.starts_with('4') || said.starts_with('5');
  if (!failed || status.ends_with(".0")) return {};
  if (status[0] == '4' && last != nullptr && last->result == TryResult::permanent)
    return "a notification's status " + std::string(status) +
           " is temporary, but the server rejected the message: " + std::to_string(last->code);
  if (!of_failure) return {};
  const bool gave_up = is_temporary(last->result);
  const std::string_view detail = status.substr(1);
  if (detail == said.substr(1) || (gave_up && (status[0] == '4' || detail == ".4.7"))) return {};
  return "a notification's status " + std::string(status) +
         " is not the server's: " + std::string(said);
}

/// The three digits of a diagnostic of type smtp; 0: it is of another type, or has none.
int smtp_code_of(std::string_view diagnostic) {
  const std::size_t semicolon = diagnostic.find(';');
  if (semicolon == std::string_view::npos) return 0;
  std::string_view type = diagnostic.substr(0, semicolon);
  while (!type.empty() && type.back() == ' ')
    type.remove_suffix(1);
  std::string_view text = diagnostic.substr(semicolon + 1);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  int code = 0;
  std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 3), code);
  return base::equal_ignoring_case(type, "smtp") ? code : 0;
}

/// Whether a server said this, to whomever.
bool was_said(const Case& observed, int code) {
  for (const Session& session : observed.sessions)
    for (const journal::Event* event : session.events) {
      const auto* exchange = as_exchange(event);
      const auto* reply = std::get_if<journal::event::Reply>(&event->body);
      if ((exchange != nullptr && exchange->code == code) ||
          (reply != nullptr && reply->code == code))
        return true;
    }
  return false;
}

/// No host that mail for the recipients goes to was known: the name server gave no address of any.
bool no_host_was_known(const Case& observed) {
  if (observed.queries.empty() || !scenario::needs_name_server(*observed.scenario)) return false;
  const std::vector<scenario::Host> hosts = scenario::hosts_of(*observed.scenario);
  return std::none_of(
      observed.queries.begin(), observed.queries.end(), [&](const journal::Event* event) {
        const auto& query = std::get<journal::event::Query>(event->body);
        const bool is_address = query.type == "A" || query.type == "AAAA";
        return is_address && !query.records.empty() &&
               std::any_of(hosts.begin(), hosts.end(), [&](const scenario::Host& host) {
                 return base::equal_ignoring_case(host.name, query.name) &&
                        scenario::takes_mail(*observed.scenario, host);
               });
      });
}

/// What is wrong with the server that a report names and quotes; empty: nothing.
std::string wrong_with_remote(const Case& observed, const journal::event::RecipientReport& report) {
  const int code = smtp_code_of(report.diagnostic);
  if (code >= 400 && !was_said(observed, code))
    return "a notification's Diagnostic-Code has the reply " + std::to_string(code) +
           ", which no server sent";
  if (!report.remote_mta.empty() && no_host_was_known(observed))
    return "a notification's Remote-MTA is " + std::string(report.remote_mta) +
           ", but no server was involved";
  return {};
}

/// A notification of a delay may be on its way for so long when the message arrives.
constexpr Duration longest_way = std::chrono::hours(1);

/// When a report was told, and since when it may have been on its way: one that was put off says what was true when it
/// was written.
struct Telling {
  Moment at{};
  std::optional<Moment> may_wait_since{};
  Moment mailed{};        ///< the latest moment at which it can have been written
  bool came_back = false; ///< the message, to a server of the sender's that took it
};

/// What comes back to the sender's own server is the sender's again, and may fail there.
bool came_back(const Case& observed) {
  return std::any_of(observed.forwarded.begin(), observed.forwarded.end(), [](const auto* event) {
    const auto& what = std::get<journal::event::Forwarded>(event->body);
    return what.to == "sender" && what.code >= 200 && what.code < 300;
  });
}

/// The first time at which a notification was put off, or a connection failed before anybody knew what it was for.
std::optional<Moment> first_put_off(const Case& observed) {
  std::optional<Moment> first;
  const auto note = [&first](Moment at) { first = std::min(first.value_or(at), at); };
  for (const Transaction* notification : observed.notifications)
    if (notification->accepted == nullptr) note(notification->begin);
  for (const Session& session : observed.sessions)
    if (session.transactions.empty()) note(session.begin);
  return first;
}

/// Delivered, relayed to a server that does not notify, or expanded into a list: each follows an acceptance (RFC 3461
/// section 6.2.4).
bool says_it_arrived(const journal::event::RecipientReport& report) {
  constexpr std::array<std::string_view, 3> actions = {"delivered", "relayed", "expanded"};
  return std::any_of(actions.begin(), actions.end(), [&](std::string_view action) {
    return base::equal_ignoring_case(report.action, action);
  });
}

/// What is wrong with a report, if it is about this delivery; empty: nothing.
std::string wrong_about(const Delivery& delivery, const journal::event::RecipientReport& report,
                        const Telling& told) {
  const Moment told_at = told.at;
  const auto accepted_before = [told_at](const Try& attempt) {
    return attempt.result == TryResult::accepted && !attempt.reply_lost && attempt.end <= told_at;
  };
  if (base::equal_ignoring_case(report.action, "failed") &&
      std::any_of(delivery.tries.begin(), delivery.tries.end(), accepted_before))
    return told.came_back ? std::string()
                          : delivery.recipient + " is reported as failed, but was accepted";
  const auto accepted_long_before = [&told](const Try& attempt) {
    const bool may_be_older = told.may_wait_since && *told.may_wait_since < attempt.end;
    return attempt.result == TryResult::accepted && !attempt.reply_lost && !may_be_older &&
           attempt.end + longest_way <= told.at;
  };
  if (base::equal_ignoring_case(report.action, "delayed") &&
      std::any_of(delivery.tries.begin(), delivery.tries.end(), accepted_long_before))
    return delivery.recipient + " is reported as delayed, but was accepted";
  const auto accepted_by_then = [&told](const Try& attempt) {
    return attempt.result == TryResult::accepted && attempt.end <= told.mailed;
  };
  if (says_it_arrived(report) && !told.came_back &&
      std::none_of(delivery.tries.begin(), delivery.tries.end(), accepted_by_then))
    return delivery.recipient + " is reported as " + base::lower(report.action) +
           ", but had not been accepted";
  const Try* last = nullptr;
  for (const Try& attempt : delivery.tries)
    if (attempt.end <= told_at || last == nullptr) last = &attempt;
  return wrong_with(report, last);
}

/// Compares a report with the deliveries that it may be about: what is true of one of them is true. Many are
/// not compared: only what is true of none whatsoever is wrong then.
std::string wrong_about(const std::vector<ReportedDelivery>& subjects,
                        const journal::event::RecipientReport& report, const Telling& told) {
  constexpr std::size_t max_compared = 64;
  if (subjects.size() > max_compared) return wrong_with(report, nullptr);
  std::string wrong;
  for (const ReportedDelivery& subject : subjects) {
    const std::string here = wrong_about(*subject.delivery, report, told);
    if (here.empty()) return here;
    if (wrong.empty()) wrong = here;
  }
  return wrong;
}

/// Everything that was sent from this address arrived at the first try, and its sender saw it each time; by then.
bool all_arrived(const ReportedDeliveries& sent, Moment by) {
  return std::all_of(sent.all.begin(), sent.all.end(), [by](const ReportedDelivery& subject) {
    const auto& tries = subject.delivery->tries;
    return !tries.empty() && std::all_of(tries.begin(), tries.end(), [by](const Try& attempt) {
      return attempt.result == TryResult::accepted && !attempt.reply_lost && attempt.end <= by;
    });
  });
}

bool asked_for_success(const Case& observed, const ReportedDeliveries& sent) {
  return std::any_of(sent.all.begin(), sent.all.end(), [&](const ReportedDelivery& subject) {
    const EsmtpRequests requests = requests_of(observed.messages[subject.message]);
    return requests.notify && requests.notify->find("SUCCESS") != std::string::npos;
  });
}

/// A text for people says nothing that can be compared, but somebody whose messages all arrived is to be told nothing.
bool is_needless_text(const Case& observed, const ReportedDeliveryIndex& index,
                      const Transaction& notification) {
  if (!observed.knows_handovers() || !notification.sender.empty() ||
      notification.accepted == nullptr)
    return false;
  return std::any_of(notification.recipients.begin(), notification.recipients.end(),
                     [&](const RecipientReply& to) {
                       const ReportedDeliveries* sent = index.find(to.address);
                       return sent != nullptr && all_arrived(*sent, notification.begin) &&
                              !asked_for_success(observed, *sent);
                     });
}

Check truthful(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::size_t looked_at = 0;
  const ReportedDeliveryIndex index(observed);
  const std::optional<Moment> put_off = first_put_off(observed);
  const bool again_its_own = came_back(observed);
  for (const Transaction* notification : observed.notifications) {
    const auto* content = notification->facts();
    if (content == nullptr) continue;
    if (content->reports.empty() && !again_its_own && observed.asked_recipients.empty() &&
        is_needless_text(observed, index, *notification))
      failures.add("a notification came, although all recipients had accepted the message", {},
                   {evidence(*notification->content, "a notification in plain text")});
    for (const journal::event::RecipientReport& report : content->reports) {
      ++looked_at;
      const ReportedDeliveries* about = nullptr;
      for (const RecipientReply& to : notification->recipients)
        if (const ReportedDeliveries* found = index.find(to.address, report.recipient))
          about = found;
      // A copy for the postmaster is about somebody else's message.
      if (about == nullptr) about = index.find_recipient(report.recipient);
      const auto shown = [&] {
        return std::vector<Evidence>{
            evidence(*notification->content, "notification: " + std::string(report.recipient) +
                                                 " " + std::string(report.action) + " " +
                                                 std::string(report.status))};
      };
      if (about == nullptr) {
        if (observed.knows_handovers())
          failures.add("a notification names " + std::string(report.recipient) +
                           ", to which nothing was sent",
                       {}, shown());
        continue;
      }
      std::string wrong = wrong_about(
          about->all, report,
          {notification->begin, put_off,
           as_exchange(notification->mail)->asked + timing_tolerance(observed), again_its_own});
      if (wrong.empty()) wrong = wrong_with_remote(observed, report);
      if (!wrong.empty()) failures.add(wrong, {}, shown());
    }
  }
  if (!failures.empty()) return failures.check();
  return looked_at == 0 ? Check{} : Check::pass("the notifications are true");
}

constexpr std::array truth_table = {
    Rule{{"true-notification",
          "A notification truthfully names the recipient, the result and the status.",
          "RFC 3464 section 2.3", Keyword::stated, Level::must, true,
          "people and programs rely on notifications"},
         truthful},
};

} // namespace

std::span<const Rule> truth_rules() {
  return truth_table;
}

} // namespace tempfail::verdict
